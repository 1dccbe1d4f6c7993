package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// maxProblems bounds the problems reported of one source: a person who has mended a
// hundred mistakes looks again.
const maxProblems = 100

// checked turns a source's content into values of the table's types, and reports the
// unused parts. It is the one place that does, for every source.
func checked(r reading) (layer, []Problem) {
	l := layer{source: r.source, values: map[Name]any{}}
	problems := slices.Clone(r.problems)
	report := func(kind ProblemKind, e entry, p Problem) Problem {
		p.Kind, p.Key, p.Source = kind, shownText(e.key), r.source
		if len(problems) >= maxProblems {
			return p
		}
		if kind == UnknownKey {
			p.Suggestion = nearestKey(e.key)
		}
		if r.text != nil {
			p.Line, p.Column = position(r.text, e.offset)
		}
		problems = append(problems, p)
		return p
	}
	for _, e := range r.entries {
		k, known := r.lookup(e.key)
		switch {
		case !known && len(problems) >= maxProblems:
			continue // there may be thousands
		case !known:
			report(UnknownKey, e, Problem{})
			continue
		case !k.Personal && r.source.Kind == Personal:
			report(NotPersonal, e, Problem{Value: shownRaw(e.value)})
			continue
		}
		found, wanted := k.types(e)
		if r.registry {
			if value, good := k.obvious(e.value); good {
				l.values[k.Name] = value
				report(OtherType, e, Problem{Value: k.shown(e.value), Allowed: k.Allowed(), Found: found, Wanted: wanted})
				continue
			}
		}
		value, fault := k.check(e.value, r.registry)
		if fault == "" {
			l.values[k.Name] = value
			continue
		}
		if good, bad := k.parts(r.listed(k, e.value)); len(good) > 0 {
			l.values[k.Name] = good
			for _, part := range bad {
				report(fault, e, Problem{Value: k.shown(part), Allowed: k.Allowed(), Found: found, Wanted: wanted})
			}
			continue
		}
		p := report(fault, e, Problem{Value: k.shown(e.value), Allowed: k.Allowed(), Found: found, Wanted: wanted})
		if k.Restricts {
			if l.unclear == nil {
				l.unclear = map[Name]Problem{}
			}
			l.unclear[k.Name] = p
		}
	}
	return l, problems
}

// lookup finds a key as the source spells it: the registry knows no difference
// between PortalURL and portalurl.
func (r reading) lookup(key string) (Key, bool) {
	if k, known := Lookup(Name(key)); known || !r.registry {
		return k, known
	}
	if at, known := rows().folded[strings.ToLower(key)]; known {
		return table()[at], true
	}
	return Key{}, false
}

// plainProxy is a host and a port: nobody gives anything away with these.
var plainProxy = compiled(`^([A-Za-z0-9]+://)?[A-Za-z0-9.-]+(:[0-9]*)?/?$`)

// shown is a wrong value for people. A Proxy may hold a password wherever it
// stands, because it is wrong.
func (k Key) shown(raw any) string {
	text := shownRaw(raw)
	if k.Name != Proxy || plainProxy().MatchString(text) {
		return text
	}
	if at := strings.LastIndex(text, "@"); at >= 0 {
		return "…" + text[at:]
	}
	return "…"
}

// Check turns a value as Go, JSON or a person writes it into one of the key's Go type.
// The kind is "" for a good value, else [WrongType] or [WrongValue].
func (k Key) Check(value any) (any, ProblemKind) { return k.check(rawOf(value), false) }

func (k Key) check(raw any, registry bool) (any, ProblemKind) {
	switch k.Kind {
	case Flag:
		return flag(raw)
	case Number:
		n, ok := raw.(int64)
		if d, is := raw.(dword); is {
			n, ok = int64(d), true
		}
		if !ok {
			return nil, WrongType
		}
		if n < int64(k.Min) || n > int64(k.Max) || n > math.MaxInt32 {
			return nil, WrongValue
		}
		return int(n), ""
	case List:
		return k.list(raw)
	case Objects:
		return k.objects(raw, registry)
	}
	text, ok := raw.(string)
	if !ok {
		return nil, WrongType
	}
	if !k.fitting()(text) {
		return nil, WrongValue
	}
	return text, ""
}

func flag(raw any) (any, ProblemKind) {
	switch v := raw.(type) {
	case bool:
		return v, ""
	case dword:
		if v > 1 {
			return nil, WrongValue
		}
		return v == 1, ""
	}
	return nil, WrongType
}

// MayBeEmpty is true of the lists with a meaning for an empty one: nothing is added. An
// empty list of the people let in could mean nobody or everybody.
func (k Key) MayBeEmpty() bool { return k.Name == AllowedLinkSchemes || k.Name == Menus }

func (k Key) list(raw any) (any, ProblemKind) {
	var list []string
	switch raw := raw.(type) {
	case []string:
		list = slices.Clone(raw)
	case json.RawMessage:
		list = make([]string, 0, bytes.Count(raw, []byte(","))+1)
		for e := range elementsOf(raw) {
			if e[0] != '"' {
				return nil, WrongType
			}
			list = append(list, unquoted(e))
		}
	default:
		return nil, WrongType
	}
	if len(list) == 0 && !k.MayBeEmpty() {
		return nil, WrongValue
	}
	fits := k.fitting()
	for _, text := range list {
		if !fits(text) {
			return nil, WrongValue
		}
	}
	return list, ""
}

// parts splits a list that restricts into its good and its bad parts: the good ones let
// somebody in for sure, whatever the others meant. Of other lists nothing is used as
// soon as a part is wrong.
func (k Key) parts(raw any) (good []string, bad []any) {
	if k.Kind != List || !k.Restricts {
		return nil, nil
	}
	var parts []any
	switch list := raw.(type) {
	case []string:
		for _, text := range list {
			parts = append(parts, text)
		}
	case json.RawMessage:
		if json.Unmarshal(list, &parts) != nil {
			return nil, nil
		}
	}
	fits := k.fitting()
	for _, part := range parts {
		if text, ok := part.(string); ok && fits(text) {
			good = append(good, text)
		} else {
			bad = append(bad, rawOf(part))
		}
	}
	return good, bad
}

func (k Key) objects(raw any, registry bool) (any, ProblemKind) {
	array, ok := raw.(json.RawMessage)
	if registry {
		switch text := raw.(type) {
		case string:
			array, ok = json.RawMessage(text), true
		case []string: // lines of one text
			array, ok = json.RawMessage(strings.Join(text, "\n")), true
		}
		if ok && !json.Valid(array) {
			return nil, WrongValue
		}
	}
	if !ok {
		return nil, WrongType
	}
	var elements []any
	if json.Unmarshal(array, &elements) != nil {
		return nil, WrongType
	}
	if len(elements) == 0 && !k.MayBeEmpty() {
		return nil, WrongValue
	}
	for _, e := range elements {
		if _, ok := e.(map[string]any); !ok {
			return nil, WrongType
		}
	}
	return slices.Clone(array), ""
}

// Allowed describes the good values of the key, in English.
func (k Key) Allowed() string {
	if len(k.Values) > 0 {
		return strings.Join(k.Values, ", ")
	}
	switch k.Kind {
	case Flag:
		return "true or false; in the Windows registry a REG_DWORD of 1 or 0"
	case Number:
		return fmt.Sprintf("a whole number from %d to %d", k.Min, k.Max)
	}
	return k.syntax().allowed
}

// Form names what values look like, for words in other languages: "" for those of a
// list of values, since they are the same in each, else "address", "file", "flag",
// "number", "objects", "list", "text", "schemes", "domains", "tenants", "domain",
// "ports", "times" or "proxy".
func (k Key) Form() string {
	switch {
	case len(k.Values) > 0:
		return ""
	case k.Kind == Flag, k.Kind == Number:
		return string(k.Kind)
	}
	return k.syntax().form
}
