package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/german"
	"github.com/portico-desktop/portico/app/policy/preferences"
	"github.com/portico-desktop/portico/assets"
)

const top = "../../.."

func TestGeneratedFilesAreWhatTheTableSays(t *testing.T) {
	all, err := files()
	if err != nil {
		t.Fatal(err)
	}
	again, err := files()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range all {
		got, err := os.ReadFile(filepath.Join(top, path))
		if err != nil {
			t.Errorf("%v; run make generate", err)
			continue
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); diff != "" {
			t.Errorf("%s is not what the table says; make generate writes it anew (-table +file):\n%s", path, diff)
		}
		if !bytes.Equal(want, again[path]) {
			t.Errorf("%s is not the same twice", path)
		}
	}
}

func TestEveryFileNamesEveryKey(t *testing.T) {
	all, err := files()
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range all {
		if strings.HasSuffix(path, "policy.json") || strings.HasSuffix(path, ".mobileconfig") {
			continue // samples
		}
		for _, k := range policy.Keys() {
			if !regexp.MustCompile(`\b` + string(k.Name) + `\b`).Match(text) {
				t.Errorf("%s does not name %s", path, k.Name)
			}
		}
	}
}

// element is any XML element.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:",any"`
	Text     string     `xml:",chardata"`
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// walk visits every element below e, parents first.
func (e element) walk(visit func(element)) {
	visit(e)
	for _, c := range e.Children {
		c.walk(visit)
	}
}

func (e element) all(name string) (found []element) {
	e.walk(func(c element) {
		if c.XMLName.Local == name {
			found = append(found, c)
		}
	})
	return found
}

func parse(t *testing.T, text []byte) element {
	t.Helper()
	var root element
	if err := xml.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	return root
}

// Group Policy's editor refuses a whole template for one reference that leads
// nowhere.
func TestEveryReferenceOfTheTemplateResolves(t *testing.T) {
	template := parse(t, admx())
	languages := map[string]element{"en": parse(t, adml(inEnglish())), "de": parse(t, adml(inGerman()))}
	categories, definitions, policies := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range template.all("category") {
		categories[c.attr("name")] = true
	}
	for _, d := range template.all("definition") {
		definitions[d.attr("name")] = true
	}
	if len(categories) != len(policy.Groups())+2 || len(definitions) == 0 {
		t.Fatalf("%d categories, %d definitions", len(categories), len(definitions))
	}
	for _, c := range template.all("parentCategory") {
		if !categories[c.attr("ref")] {
			t.Errorf("there is no category %q", c.attr("ref"))
		}
	}
	used := map[string]map[string]bool{"string": {}, "presentation": {}}
	reference := regexp.MustCompile(`^\$\((string|presentation)\.([A-Za-z0-9_]+)\)$`)
	template.walk(func(e element) {
		for _, a := range e.Attrs {
			if !strings.HasPrefix(a.Value, "$(") {
				continue
			}
			if m := reference.FindStringSubmatch(a.Value); m != nil {
				used[m[1]][m[2]] = true
			} else {
				t.Errorf("%s is no reference", a.Value)
			}
		}
	})
	for language, words := range languages {
		for kind, ids := range used {
			there := map[string]bool{}
			for _, e := range words.all(kind) {
				id := e.attr("id")
				if there[id] {
					t.Errorf("%s: %s stands there twice", language, id)
				}
				there[id] = true
				if kind == "string" && strings.TrimSpace(e.Text) == "" {
					t.Errorf("%s: %s is empty", language, id)
				}
				if !ids[id] {
					t.Errorf("%s: nothing uses the %s %s", language, kind, id)
				}
			}
			for id := range ids {
				if !there[id] {
					t.Errorf("%s: there is no %s %s", language, kind, id)
				}
			}
		}
	}
	for _, p := range template.all("policy") {
		name := p.attr("name")
		if policies[name] || p.attr("class") != "Both" {
			t.Errorf("%s twice, or of class %q", name, p.attr("class"))
		}
		policies[name] = true
		if on := p.all("supportedOn"); len(on) != 1 || !definitions[on[0].attr("ref")] {
			t.Errorf("%s: supported on what?", name)
		}
		for language, words := range languages {
			sameElements(t, language, p, words)
		}
	}
	if want := len(policy.Keys()) + len(asDefault()); len(policies) != want {
		t.Errorf("%d policies, want %d", len(policies), want)
	}
}

// sameElements wants a field for every element of a policy, and of its kind.
func sameElements(t *testing.T, language string, p, words element) {
	t.Helper()
	fields := map[string]string{}
	for _, shown := range words.all("presentation") {
		if "$(presentation."+shown.attr("id")+")" == p.attr("presentation") {
			for _, field := range shown.Children {
				fields[field.attr("refId")] = field.XMLName.Local
			}
		}
	}
	kinds := map[string]string{"enum": "dropdownList", "decimal": "decimalTextBox", "text": "textBox", "multiText": "multiTextBox"}
	elements := p.all("elements")
	if len(elements) == 0 {
		if len(fields) > 0 || p.attr("valueName") == "" {
			t.Errorf("%s, %s: fields %v", language, p.attr("name"), fields)
		}
		return
	}
	for _, e := range elements[0].Children {
		if want := kinds[e.XMLName.Local]; fields[e.attr("id")] != want || e.attr("valueName") == "" || e.attr("required") != "true" {
			t.Errorf("%s, %s: the field of %s is %q, want %q", language, p.attr("name"), e.attr("id"), fields[e.attr("id")], want)
		}
	}
}

// What the template writes is what the table's values are.
func TestTheTemplateOffersTheTablesValues(t *testing.T) {
	for _, p := range parse(t, admx()).all("policy") {
		name, isDefault := strings.CutSuffix(p.attr("name"), defaultOf)
		k, known := policy.Lookup(policy.Name(name))
		if !known || isDefault && !k.Personal || isDefault != (p.attr("key") == defaultsKey) || !isDefault && p.attr("key") != registryKey {
			t.Errorf("%s in %s", p.attr("name"), p.attr("key"))
		}
		if list := p.all("enum"); len(list) > 0 {
			var got []string
			for _, v := range list[0].all("string") {
				got = append(got, v.Text)
			}
			kind := ""
			if isDefault {
				kind = defaultOf
			}
			if !slices.Equal(got, values(k, kind)) {
				t.Errorf("%s: %v", p.attr("name"), got)
			}
		} else if len(k.Values) > 0 {
			t.Errorf("%s offers no values", p.attr("name"))
		}
	}
}

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
				if i == 0 && !(used && valid) {
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

func TestSamplesAreGood(t *testing.T) {
	text, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	if valid, used := valid(t, validator(t), string(text)); !valid || !used {
		t.Errorf("valid %v, used %v", valid, used)
	}
	if text, err = profile(); err != nil {
		t.Fatal(err)
	}
	root, err := preferences.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	payload := root["PayloadContent"].([]any)[0].(map[string]any)
	if payload["PayloadType"] != domain || payload["PayloadUUID"] == root["PayloadUUID"] || root["PayloadType"] != "Configuration" {
		t.Errorf("%v", root)
	}
	// As device management lays it down: the payload without its own keys.
	settings, defaults := map[string]any{}, map[string]any{}
	for key, value := range payload {
		switch {
		case key == "Defaults":
			defaults = value.(map[string]any)
		case !strings.HasPrefix(key, "Payload"):
			settings[key] = value
		}
	}
	file, err := json.Marshal(map[string]any{"settings": settings, "defaults": defaults})
	if err != nil {
		t.Fatal(err)
	}
	if valid, used := valid(t, validator(t), string(file)); !valid || !used || len(settings) < 2 || len(defaults) < 1 {
		t.Errorf("%s: valid %v, used %v", file, valid, used)
	}
}

func TestThePreferenceManifestDescribesTheTable(t *testing.T) {
	text, err := preferenceManifest()
	if err != nil {
		t.Fatal(err)
	}
	root, err := preferences.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	described := func(subkeys any) map[string]map[string]any {
		all := map[string]map[string]any{}
		for _, sub := range subkeys.([]any) {
			key := sub.(map[string]any)
			all[key["pfm_name"].(string)] = key
		}
		return all
	}
	all := described(root["pfm_subkeys"])
	defaults := described(all["Defaults"]["pfm_subkeys"])
	for _, k := range policy.Keys() {
		if _, there := defaults[string(k.Name)]; there != k.Personal {
			t.Errorf("%s among the defaults: %v", k.Name, there)
		}
		key := all[string(k.Name)]
		kinds := map[policy.Kind]string{policy.Flag: "boolean", policy.Number: "integer", policy.List: "array", policy.Objects: "array"}
		want := kinds[k.Kind]
		if want == "" {
			want = "string"
		}
		if key["pfm_type"] != want || key["pfm_title"] != k.Title || key["pfm_description"] != k.About {
			t.Errorf("%s: %v", k.Name, key)
		}
		if pattern, ok := key["pfm_format"].(string); ok && !regexp.MustCompile(pattern).MatchString(k.Example.(string)) {
			t.Errorf("%s: the example does not match %s", k.Name, pattern)
		}
	}
}

func TestTheTableIsThereInGerman(t *testing.T) {
	texts, groups := german.Texts(), german.Groups()
	for _, k := range policy.Keys() {
		if text := texts[k.Name]; text.Title == "" || text.About == "" || text.About == k.About {
			t.Errorf("%s: %+v", k.Name, text)
		}
	}
	if len(texts) != len(policy.Keys()) {
		t.Errorf("%d texts for %d keys", len(texts), len(policy.Keys()))
	}
	for _, group := range policy.Groups() {
		if groups[group] == "" || inEnglish().groups[group] == "" {
			t.Errorf("%s has no name", group)
		}
	}
}

// The languages that may be chosen are those that there are texts for.
func TestLanguagesAreThoseOfTheTranslations(t *testing.T) {
	found, err := fs.Glob(assets.Translations, "i18n/*.json")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"system"}
	for _, file := range found {
		want = append(want, strings.TrimSuffix(strings.TrimPrefix(file, "i18n/"), ".json"))
	}
	k, _ := policy.Lookup(policy.Language)
	if got := slices.Sorted(slices.Values(k.Values)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Errorf("the policy Language has %v, and there are texts for %v", got, want)
	}
}

// No key is from a version that does not exist yet.
func TestKeysAreNoYoungerThanTheProgram(t *testing.T) {
	number := func(version string) string {
		var padded strings.Builder
		for part := range strings.SplitSeq(version, ".") {
			padded.WriteString(strings.Repeat("0", max(0, 5-len(part))) + part)
		}
		return padded.String()
	}
	for _, version := range versions() {
		if !regexp.MustCompile(`^\d+\.\d+\.\d+$`).MatchString(version) || number(version) > number(assets.Version) {
			t.Errorf("%s, and the program is %s", version, assets.Version)
		}
	}
}

// Every example of the page for administrators is one that the reader uses.
func TestExamplesOfThePageAreGood(t *testing.T) {
	page := string(table())
	blocks := regexp.MustCompile("(?s)```js\n// Linux\n(.*?)\n```").FindAllStringSubmatch(page, -1)
	if len(blocks) != len(policy.Keys()) {
		t.Fatalf("%d examples for %d keys", len(blocks), len(policy.Keys()))
	}
	for _, block := range blocks {
		if p := policy.Check([]byte(`{"settings":{`+block[1]+`}}`), "page"); len(p.Problems()) > 0 {
			t.Errorf("%s: %+v", block[1], p.Problems())
		}
	}
	for _, block := range regexp.MustCompile("(?s)```xml\n<!-- macOS -->\n(.*?)\n```").FindAllStringSubmatch(page, -1) {
		if values, err := preferences.Read([]byte(`<plist version="1.0"><dict>` + block[1] + `</dict></plist>`)); err != nil || len(values) != 1 {
			t.Errorf("%s: %v, %v", block[1], values, err)
		}
	}
	links := regexp.MustCompile(`\]\((\.\./[^)]+)\)`).FindAllStringSubmatch(page, -1)
	if len(links) < 5 {
		t.Errorf("only %d links", len(links))
	}
	for _, link := range links {
		if _, err := os.Stat(filepath.Join(top, "app/policy", link[1])); err != nil {
			t.Error(err)
		}
	}
}
