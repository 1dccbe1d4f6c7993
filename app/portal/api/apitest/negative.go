package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// Negative is a request for a server to refuse with a problem document.
type Negative struct {
	// Name says how it differs from a good one.
	Name    string
	Request *http.Request
	// Status is the only right one, 0 for any from 400 to 499.
	Status int
}

// Operations are the ids of all operations.
func (c *Contract) Operations() (ids []string) {
	for _, o := range c.operations {
		ids = append(ids, o.ID)
	}
	return ids
}

// Negatives makes every kind of wrong request for an operation, out of good ones. good makes a new one each
// time, with its own Idempotency-Key; foreign are ids of other people's things.
func (c *Contract) Negatives(operation string, good func() *http.Request, foreign ...string) []Negative {
	for _, o := range c.operations {
		if o.ID == operation {
			n := negatives{Operation: o, contract: c, good: good}
			n.everywhere()
			n.paths(foreign)
			n.wrongParameters()
			n.wrongBodies()
			return n.all
		}
	}
	panic("the file has no operation " + operation)
}

type negatives struct {
	*Operation
	contract *Contract
	good     func() *http.Request
	all      []Negative
}

func (n *negatives) add(name string, status int, change func(r *http.Request)) {
	r := n.good()
	change(r)
	n.all = append(n.all, Negative{n.ID + ": " + name, r, status})
}

// everywhere are those of all operations.
func (n *negatives) everywhere() {
	n.add("an unknown method", 405, func(r *http.Request) { r.Method = "PROPFIND" })
	n.add("a path below", 404, func(r *http.Request) { r.URL.Path += "/more/more/more" })
	n.add("a slash behind", 404, func(r *http.Request) { r.URL.Path += "/" })
	n.add("a huge query", 414, func(r *http.Request) { r.URL.RawQuery = "x=" + strings.Repeat("x", 20<<10) })
	if n.ID != "exchangeToken" && n.Method != http.MethodHead {
		n.add("a broken query", 400, func(r *http.Request) { r.URL.RawQuery = "x=%zz" })
	}
	if !strings.Contains(n.Path, "/attachments/") && n.ID != "exchangeToken" && n.Method != http.MethodHead {
		n.add("another Accept", 406, func(r *http.Request) { r.Header.Set("Accept", "text/html, application/json;q=0") })
	}
	if n.Method == http.MethodGet {
		n.add("a body on a GET", 400, func(r *http.Request) { setBody(r, []byte(`{}`)) })
	}
	if n.Open {
		return
	}
	for name, value := range map[string]string{
		"no token": "", "another scheme": "Basic YWRhOng=", "no token behind the scheme": "Bearer ", "garbage as a token": "Bearer \x00", "a forged token": "Bearer " + unsigned,
		"a huge token": "Bearer " + strings.Repeat("x", 9<<10),
	} {
		if strings.Contains(value, "\x00") {
			value = "Bearer ~~~"
		}
		n.add(name, 401, func(r *http.Request) {
			if r.Header.Set("Authorization", value); value == "" {
				r.Header.Del("Authorization")
			}
		})
	}
	n.add("two tokens", 401, func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) })
}

// unsigned is a token of the algorithm none (RFC 7519, section 6).
const unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiJ4IiwiZXhwIjo5OTk5OTk5OTk5fQ."

// paths are unknown, foreign and hostile ids.
func (n *negatives) paths(foreign []string) {
	for i, segment := range strings.Split(n.Path, "/") {
		if !strings.HasPrefix(segment, "{") {
			continue
		}
		ids := append([]string{"unknown", "00000000-0000-7000-8000-000000000000", "..", "' OR 1=1 --", "\x00", "\u202egnp", "é", "%2e%2e%2f", strings.Repeat("x", 300)}, foreign...)
		if n.ID == "putAttachment" {
			ids = ids[2:] // an id of its own is the client's choice
		}
		for _, id := range ids {
			n.add(fmt.Sprintf("the id %.40q", id), 404, func(r *http.Request) {
				parts := strings.Split(r.URL.EscapedPath(), "/")
				parts[i] = url.PathEscape(id)
				if id == ".." {
					parts[i] = "%2e%2e"
				}
				r.URL.RawPath = strings.Join(parts, "/")
				r.URL.Path, _ = url.PathUnescape(r.URL.RawPath)
			})
		}
	}
}

func (n *negatives) wrongParameters() {
	for _, p := range n.parameters {
		switch p.in {
		case "query":
			n.wrongQuery(p)
		case "header":
			n.wrongHeader(p)
		}
	}
}

func (n *negatives) wrongQuery(p parameter) {
	set := func(name string, values ...string) {
		n.add(p.name+" "+name, 0, func(r *http.Request) {
			q := r.URL.Query()
			q[p.name] = values
			r.URL.RawQuery = q.Encode()
		})
	}
	set("twice", "1a", "1a")
	set("huge", strings.Repeat("x", 15<<10))
	if p.required {
		set("missing")
		set("empty", "")
	}
	if p.raw["enum"] != nil {
		set("of another kind", "moon")
	}
	if p.raw["type"] == "integer" {
		for _, value := range []string{"x", "-1", "0", "1.5", "99999999999999999999"} {
			set("as "+value, value)
		}
	}
}

func (n *negatives) wrongHeader(p parameter) {
	wrong := map[string][]string{
		"Idempotency-Key": {"x", "7d444840-9dc0-11d1-b245-5ffdce74fad2", "{0192f7a0-0000-7000-8000-000000000000}", strings.Repeat("0", 500)},
		"If-Match":        {"7", `""`, `"a", "b"`, `W/"1"`, `"` + strings.Repeat("x", 300) + `"`},
		"Content-Range":   {"x", "bytes 5-1/9", "bytes 0-0/0", "bytes 0-99999999999999999999/1", "items 0-1/2"},
		"Content-Digest":  {"x", "sha-256=x", "sha-256=:eA==:", "sha-256=:" + strings.Repeat("A", 43) + "=:"},
		"Repr-Digest":     {"x", "sha-256=:eA==:"},
	}
	for _, value := range wrong[p.name] {
		n.add(fmt.Sprintf("%s as %.40s", p.name, value), 0, func(r *http.Request) { r.Header.Set(p.name, value) })
	}
	switch p.name {
	case "If-Match":
		n.add("another version in If-Match", 412, func(r *http.Request) { r.Header.Set("If-Match", `"0000"`) })
	case "Idempotency-Key":
		n.add("two keys", 400, func(r *http.Request) { r.Header.Add(p.name, "0192f7a0-0000-7000-8000-000000000000") })
	}
	if p.required {
		n.add(p.name+" missing", 0, func(r *http.Request) { r.Header.Del(p.name) })
	}
}

func (n *negatives) wrongBodies() {
	switch {
	case n.raw != nil:
		n.wrongJSON()
	case n.body["application/x-www-form-urlencoded"] != nil:
		n.wrongForm()
	case n.body != nil:
		n.add("no length", 411, func(r *http.Request) { r.ContentLength = -1 })
		n.add("a coding", 415, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") })
		n.add("no digest", 422, func(r *http.Request) { r.Header.Del("Content-Digest"); r.Header.Del("Repr-Digest") })
	case n.Method != http.MethodGet && n.Method != http.MethodHead:
		n.add("a body", 400, func(r *http.Request) { setBody(r, []byte(`{}`)) })
	}
}

func (n *negatives) wrongJSON() {
	whole := readBody(n.good())
	send := func(name string, status int, raw []byte) {
		n.add(name, status, func(r *http.Request) { setBody(r, raw) })
	}
	kind := func(name, value string) {
		n.add("the Content-Type "+name, 415, func(r *http.Request) { r.Header.Set("Content-Type", value) })
	}
	kind("text/plain", "text/plain")
	kind("of a form", "application/x-www-form-urlencoded")
	kind("with another charset", "application/json; charset=utf-16")
	n.add("no Content-Type", 415, func(r *http.Request) { r.Header.Del("Content-Type") })
	n.add("a coding", 415, func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") })
	for name, raw := range map[string]string{
		"no body": "", "an array": "[]", "a text": `"x"`, "null": "null", "half a body": string(whole[:len(whole)/2]), "garbage behind": string(whole) + "x",
		"a second document": string(whole) + "{}", "another encoding": "{\"subject\":\"\xff\"}", "deep nesting": strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000),
		"deep arrays": `{"answers":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + "}",
	} {
		send(name, 400, []byte(raw))
	}
	send("a huge body", 413, append(bytes.Repeat([]byte(" "), 2<<20), whole...))
	var members map[string]any
	if err := json.Unmarshal(whole, &members); err != nil {
		panic(n.ID + ": the good body is no object")
	}
	with := func(name string, value any, there bool) []byte {
		changed := maps.Clone(members)
		if delete(changed, name); there {
			changed[name] = value
		}
		raw, err := json.Marshal(changed)
		if err != nil {
			panic(err)
		}
		return raw
	}
	for _, name := range array(n.raw["required"]) {
		send(text(name)+" missing", 0, with(text(name), nil, false))
	}
	for name, property := range object(n.raw["properties"]) {
		described := object(property)
		if ref := text(described["$ref"]); ref != "" {
			described = n.contract.json(strings.TrimPrefix(ref, "#"))
		}
		if value, there := members[name]; there {
			twice, _ := json.Marshal(value)
			send(name+" twice", 400, append(append([]byte(fmt.Sprintf("{%q:", name)), twice...), append([]byte(","), whole[1:]...)...))
		}
		for said, value := range wrongValues(described) {
			send(name+" "+said, 0, with(name, value, true))
		}
	}
}

// wrongValues are values against a schema, with names.
func wrongValues(described map[string]any) map[string]any {
	wrong := map[string]any{}
	switch described["type"] {
	case "string":
		wrong["as a number"], wrong["as an object"] = 7, map[string]any{"x": 1}
		wrong["huge"] = strings.Repeat("x", 900<<10)
		if described["format"] == "date-time" {
			wrong["as a day"] = "yesterday"
		}
	case "integer":
		wrong["as a text"], wrong["below"], wrong["above"], wrong["broken"] = "7", -1, 1000, 1.5
	case "array":
		wrong["as a text"], wrong["of numbers"] = "x", []any{7}
		wrong["of strangers"] = []any{"unknown"}
		wrong["of too many"] = make([]string, 5000)
	case "object":
		wrong["as a text"], wrong["as a list"] = "x", []any{1}
	}
	if described["enum"] != nil {
		wrong["as another word"] = "moon"
	}
	return wrong
}

func (n *negatives) wrongForm() {
	form, err := url.ParseQuery(string(readBody(n.good())))
	if err != nil {
		panic(err)
	}
	send := func(name string, change func(url.Values)) {
		n.add(name, 400, func(r *http.Request) {
			changed := url.Values{}
			for name, values := range form {
				changed[name] = append([]string{}, values...)
			}
			change(changed)
			setBody(r, []byte(changed.Encode()))
		})
	}
	for name := range form {
		send(name+" missing", func(v url.Values) { v.Del(name) })
		send(name+" twice", func(v url.Values) { v.Add(name, v.Get(name)) })
		send(name+" as another word", func(v url.Values) { v.Set(name, "moon") })
	}
	send("a huge token", func(v url.Values) { v.Set("subject_token", strings.Repeat("x", 60<<10)) })
	n.add("a huge body", 0, func(r *http.Request) { setBody(r, bytes.Repeat([]byte("x"), 200<<10)) })
	n.add("JSON", 0, func(r *http.Request) {
		r.Header.Set("Content-Type", "application/json")
		setBody(r, []byte(`{"grant_type":"x"}`))
	})
	n.add("the values in the query", 400, func(r *http.Request) {
		r.URL.RawQuery = form.Encode()
		setBody(r, nil)
	})
}

func setBody(r *http.Request, raw []byte) {
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }
}

func readBody(r *http.Request) []byte {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	return raw
}
