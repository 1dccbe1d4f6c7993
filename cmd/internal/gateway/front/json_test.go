package front

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

func TestJSONIsReadStrictly(t *testing.T) {
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}" }
	for text, good := range map[string]bool{
		`{}`:                              true,
		` {"b":"x","unknown":{"c":[1]}} `: true,
		`{"a":[{"x":1},{"x":2}],"b":"x"}`: true,
		`{"a":{"x":1,"X":2}}`:             true, // names of forms' fields
		nested(maxDepth):                  true,
		nested(maxDepth + 1):              false,
		`{"b":"1","b":"2"}`:               false,
		`{"b":"1","B":"2"}`:               false,
		`{"a":{"x":1,"x":2}}`:             false,
		`{"a":[{"x":1,"\u0078":2}]}`:      false,
		`{} {}`:                           false,
		`{}x`:                             false,
		`{}]`:                             false,
		``:                                false,
		`null`:                            false,
		`[]`:                              false,
		`"x"`:                             false,
		`1`:                               false,
		`{"b":1}`:                         false,
		`{"b":null}`:                      false,
		`{"B":null}`:                      false,
		`{"unknown":null,"a":{"b":null}}`: true,
		`{"b":"x"`:                        false,
		`{"b":"x",}`:                      false,
		"{\"b\":\"\xff\"}":                false,
		"\ufeff{}":                        false,
	} {
		var into struct {
			B string `json:"b"`
			A any    `json:"a"`
		}
		err := decode([]byte(text), &into)
		var wrong *errJSON
		if good != (err == nil) || err != nil && !errors.As(err, &wrong) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Whatever is taken is one JSON object with members of different names, so that a second reader
// reads the same.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":{"b":[1,2,{"c":null}]}}`, `{"a":1,"a":2}`, `{"a":1}]`, "{\"\xff\":1}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var read map[string]any
		if err := decode(raw, &read); err != nil {
			return
		}
		if !json.Valid(raw) {
			t.Fatalf("%q was taken and is not JSON", raw)
		}
		again, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		var second map[string]any
		if err := decode(again, &second); err != nil {
			t.Fatalf("%q was taken, and written anew as %q it is not: %v", raw, again, err)
		}
	})
}

// No two writes have one hash.
func FuzzHash(f *testing.F) {
	f.Add("POST", "/v1/tickets", "", []byte("{}"), 3)
	f.Add("PUT", "a\x00b", "\"1\"", []byte{0, 0, 0}, 1)
	f.Fuzz(func(t *testing.T, method, path, match string, body []byte, cut int) {
		first := hash(method, path, match, body)
		if first != hash(method, path, match, bytes.Clone(body)) {
			t.Fatal("the same write has two hashes")
		}
		// Bytes that move from one part to the next make another write.
		all := method + path + match + string(body)
		if len(all) == 0 {
			return
		}
		if cut %= len(all); cut < 0 {
			cut = -cut
		}
		if cut != len(method) && first == hash(all[:cut], all[cut:], "", nil) {
			t.Fatal("two writes have one hash")
		}
		if cut != len(path) && first == hash(method, all[:cut], match, []byte(all[cut:])) && (path != all[:cut] || string(body) != all[cut:]) {
			t.Fatal("two writes have one hash")
		}
	})
}

// Whoever only announces a large body, and sends none, holds no memory for it.
func TestAnnouncedBodiesTakeNoMemory(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/v1/tickets", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	r.ContentLength = maxBody
	c := &call{w: &writer{ResponseWriter: httptest.NewRecorder()}, r: r}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	raw, err := c.body()
	runtime.ReadMemStats(&after)
	if err != nil || string(raw) != "{}" {
		t.Fatalf("%q, %v", raw, err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > maxBody/4 {
		t.Errorf("%d bytes for a body of 2", n)
	}
}
