package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/portico-desktop/portico/app/policy"
)

// validator is the schema of the Linux file.
func validator(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := schema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource("policy.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid asks the schema, used the reader.
func valid(t *testing.T, s *jsonschema.Schema, file string) (valid, used bool) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v) == nil, len(policy.Check([]byte(file), "policy.json").Problems()) == 0
}

func TestSchemaAndReaderAgree(t *testing.T) {
	s := validator(t)
	for _, k := range policy.Keys() {
		example, err := plainJSON(k.Example)
		if err != nil {
			t.Fatal(err)
		}
		candidates := []string{string(example), `""`, `"perhaps"`, `1`, `true`, `null`, `[]`, `[1]`, `[""]`, `["a b"]`, `{}`, `1.5`, `100000`, `"http://localhost:8080/"`, `"HTTPS://A.EXAMPLE/@b"`}
		for _, v := range append(k.Values, fixed(k)...) {
			text, err := plainJSON(v)
			if err != nil {
				t.Fatal(err)
			}
			candidates = append(candidates, string(text))
		}
		for _, part := range []string{"settings", "defaults"} {
			for i, value := range candidates {
				valid, used := valid(t, s, `{"`+part+`":{"`+string(k.Name)+`":`+value+`}}`)
				if used && !valid {
					t.Errorf("%s: %s is used, and the schema refuses it", k.Name, value)
				}
				if i == 0 && (!used || !valid) {
					t.Errorf("the example of %s: used %v, valid %v", k.Name, used, valid)
				}
				// A pattern cannot say everything; types, ranges and choices it can.
				plain := len(k.Values) > 0 || k.Kind == policy.Flag || k.Kind == policy.Number || !strings.HasPrefix(value, `"`) && !strings.HasPrefix(value, `["`)
				if valid && !used && plain {
					t.Errorf("%s: %s is valid and not used", k.Name, value)
				}
			}
		}
	}
	for _, file := range []string{`{"settings":{"Wallpaper":1}}`, `{"setting":{}}`, `[]`, `{"settings":[]}`} {
		if valid, used := valid(t, s, file); valid || used {
			t.Errorf("%s: valid %v, used %v", file, valid, used)
		}
	}
	if valid, used := valid(t, s, `{"$schema":"x","settings":{},"defaults":{}}`); !valid || !used {
		t.Error("a file with its schema is refused")
	}
}

// fixed are more good values of some keys.
func fixed(k policy.Key) []string {
	return map[policy.Name][]string{
		policy.RedirectPorts: {"1024", "65535", "1024-65535"}, policy.Proxy: {"direct", "https://p", "socks5://[::1]:1080", "http://p:1/"},
		policy.QuietHours: {"00:00-23:59"}, policy.ExtraCAFile: {"/a"}, policy.DomainHint: {"a.example", "xn--bcher-kva.example"},
	}[k.Name]
}
