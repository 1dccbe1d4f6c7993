package main

import (
	"encoding/xml"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/policy"
)

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
