// Package apitest holds real traffic of Portal API 1 to its OpenAPI file. For tests only.
//
// [Contract.Transport] is for clients under test, and [Contract.Handler] for servers. Both fail a test on an
// operation, status, header, body or problem code without a place in the file. Everything seen is recorded,
// over several processes too; [Contract.Unseen] names the rest. [Contract.Negatives] makes requests
// for a server to refuse.
package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/portico-desktop/portico/assets/schema"
)

// base is the name under which the file's schemas find each other.
const base = "https://portico.invalid/portal.openapi.json"

// Contract is the OpenAPI file, read. It is safe for concurrent use.
type Contract struct {
	operations []*Operation
	everywhere map[string][]string // problem codes of all operations, by status
	compiler   *jsonschema.Compiler
	document   map[string]any
	seen       seen
}

// Operation is one method of one path.
type Operation struct {
	ID, Method, Path string
	// Open: it takes no sign-in.
	Open       bool
	parameters []parameter
	// body are the schemas of the request's body by media type; nil for none.
	body map[string]*jsonschema.Schema
	// raw is the schema of a JSON body, for making wrong ones.
	raw      map[string]any
	answers  map[string]*answer
	problems map[string][]string
}

type parameter struct {
	name, in string
	required bool
	schema   *jsonschema.Schema
	raw      map[string]any
}

type answer struct {
	headers map[string]header // by canonical name
	content map[string]*jsonschema.Schema
}

type header struct {
	required bool
	schema   *jsonschema.Schema
}

// Load reads the file.
func Load() (*Contract, error) {
	var document any
	if err := yaml.Unmarshal([]byte(schema.Portal()), &document); err != nil {
		return nil, fmt.Errorf("read the OpenAPI file: %w", err)
	}
	raw, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI file: %w", err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read the OpenAPI file: %w", err)
	}
	c := &Contract{compiler: jsonschema.NewCompiler(), document: value.(map[string]any)}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(base, value); err != nil {
		return nil, err
	}
	c.everywhere = texts(c.document["x-problems"])
	paths := object(c.document["paths"])
	for _, path := range sorted(paths) {
		item := object(paths[path])
		for _, method := range sorted(item) {
			if method == "parameters" {
				continue
			}
			o, err := c.operation(path, method, item)
			if err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, path, err)
			}
			c.operations = append(c.operations, o)
		}
	}
	return c, nil
}

func (c *Contract) operation(path, method string, item map[string]any) (*Operation, error) {
	at := "/paths/" + escape(path) + "/" + method
	raw := object(item[method])
	o := &Operation{ID: text(raw["operationId"]), Method: strings.ToUpper(method), Path: path, answers: map[string]*answer{}, problems: texts(raw["x-problems"])}
	security, said := raw["security"].([]any)
	o.Open = said && len(security) == 0
	for list, place := range map[string]any{"/paths/" + escape(path) + "/parameters": item["parameters"], at + "/parameters": raw["parameters"]} {
		for i := range array(place) {
			p, err := c.parameter(fmt.Sprintf("%s/%d", list, i))
			if err != nil {
				return nil, err
			}
			o.parameters = append(o.parameters, p)
		}
	}
	slices.SortFunc(o.parameters, func(a, b parameter) int { return strings.Compare(a.in+a.name, b.in+b.name) })
	if raw["requestBody"] != nil {
		var err error
		if o.body, err = c.content(at + "/requestBody"); err != nil {
			return nil, err
		}
		o.raw = c.json(at + "/requestBody/content/application~1json/schema")
	}
	answers := object(raw["responses"])
	for status := range answers {
		a, err := c.answer(at + "/responses/" + status)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", status, err)
		}
		o.answers[status] = a
	}
	return o, nil
}

func (c *Contract) parameter(at string) (parameter, error) {
	at, raw := c.follow(at)
	compiled, err := c.compile(at + "/schema")
	required, _ := raw["required"].(bool)
	return parameter{text(raw["name"]), text(raw["in"]), required, compiled, c.json(at + "/schema")}, err
}

func (c *Contract) content(at string) (map[string]*jsonschema.Schema, error) {
	_, raw := c.follow(at)
	found := map[string]*jsonschema.Schema{}
	for kind, media := range object(raw["content"]) {
		found[kind] = nil
		if object(media)["schema"] == nil {
			continue
		}
		var err error
		if found[kind], err = c.compile(at + "/content/" + escape(kind) + "/schema"); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (c *Contract) answer(at string) (*answer, error) {
	at, raw := c.follow(at)
	a := &answer{headers: map[string]header{}}
	for name := range object(raw["headers"]) {
		place, described := c.follow(at + "/headers/" + name)
		compiled, err := c.compile(place + "/schema")
		if err != nil {
			return nil, err
		}
		required, _ := described["required"].(bool)
		a.headers[http.CanonicalHeaderKey(name)] = header{required, compiled}
	}
	var err error
	a.content, err = c.content(at)
	return a, err
}

// follow goes from a place to the one that its $ref names.
func (c *Contract) follow(at string) (string, map[string]any) {
	for {
		raw := object(c.at(at))
		ref, ok := raw["$ref"].(string)
		if !ok {
			return at, raw
		}
		at = strings.TrimPrefix(ref, "#")
	}
}

// json is the schema at a place, with $ref followed.
func (c *Contract) json(at string) map[string]any {
	_, raw := c.follow(at)
	return raw
}

// at is the value at a JSON Pointer; nil for none.
func (c *Contract) at(pointer string) any {
	var value any = c.document
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			var i int
			if _, err := fmt.Sscanf(token, "%d", &i); err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func (c *Contract) compile(at string) (*jsonschema.Schema, error) {
	at = (&url.URL{Fragment: at}).String()
	return c.compiler.Compile(base + at)
}

// find finds the operation of a request and the values of its path's variables; nil for an unknown one.
func (c *Contract) find(method, path string) (o *Operation, known bool, variables map[string]string) {
	for _, one := range c.operations {
		values, ok := one.matches(path)
		if ok && one.Method == method {
			return one, true, values
		}
		known = known || ok
	}
	return nil, known, nil
}

func (o *Operation) matches(path string) (map[string]string, bool) {
	want, got := strings.Split(o.Path, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	values := map[string]string{}
	for i, segment := range want {
		if strings.HasPrefix(segment, "{") {
			value, err := url.PathUnescape(got[i])
			if err != nil || value == "" {
				return nil, false
			}
			values[strings.Trim(segment, "{}")] = value
		} else if segment != got[i] {
			return nil, false
		}
	}
	return values, true
}

func escape(token string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(token) }

func object(v any) map[string]any { m, _ := v.(map[string]any); return m }
func array(v any) []any           { a, _ := v.([]any); return a }
func text(v any) string           { s, _ := v.(string); return s }

func texts(v any) map[string][]string {
	found := map[string][]string{}
	for name, list := range object(v) {
		for _, one := range array(list) {
			found[name] = append(found[name], text(one))
		}
	}
	return found
}

func sorted(m map[string]any) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
