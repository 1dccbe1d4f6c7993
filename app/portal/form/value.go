package form

import (
	"encoding/json"
	"math"
)

// number is a JSON number in any of the types that a program may have it in.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	}
	return 0, false
}

// fits reports if a value is of a type (JSON Schema: 1.0 is an integer).
func fits(v any, t Type) bool {
	switch t {
	case String:
		_, ok := v.(string)
		return ok
	case Boolean:
		_, ok := v.(bool)
		return ok
	case Number:
		_, ok := number(v)
		return ok
	case Integer:
		f, ok := number(v)
		return ok && f == math.Trunc(f)
	case Array:
		_, ok := list(v)
		return ok
	case "object":
		_, ok := v.(map[string]any)
		return ok
	case "null":
		return v == nil
	}
	return false
}

// list is a JSON list in any of the types that a program may have it in.
func list(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case []string:
		out := make([]any, len(v))
		for i, s := range v {
			out[i] = s
		}
		return out, true
	}
	return nil, false
}

// empty is about answers that count as none: nothing, an empty text, an empty list.
func empty(v any) bool {
	if v == nil || v == "" {
		return true
	}
	l, ok := list(v)
	return ok && len(l) == 0
}

// equal compares two JSON values.
func equal(a, b any) bool {
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	if x, ok := list(a); ok {
		y, ok := list(b)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equal(x[i], y[i]) {
				return false
			}
		}
		return true
	}
	if x, ok := a.(map[string]any); ok {
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for name, v := range x {
			w, ok := y[name]
			if !ok || !equal(v, w) {
				return false
			}
		}
		return true
	}
	switch a := a.(type) {
	case string:
		b, ok := b.(string)
		return ok && a == b
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	}
	return a == nil && b == nil
}

// find is the answer at a path; ok is false without one. JSON's null counts as given.
func find(answers map[string]any, path []string) (v any, ok bool) {
	for i, name := range path {
		v, ok = answers[name]
		if !ok || i == len(path)-1 {
			return v, ok
		}
		if answers, ok = v.(map[string]any); !ok {
			return nil, false
		}
	}
	return nil, false
}

// put sets the answer at a path.
func put(answers map[string]any, path []string, v any) {
	for _, name := range path[:len(path)-1] {
		next, ok := answers[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			answers[name] = next
		}
		answers = next
	}
	answers[path[len(path)-1]] = v
}
