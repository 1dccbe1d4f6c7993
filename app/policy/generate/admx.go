package main

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portico-desktop/portico/app/policy"
)

// The template's own names. They never change: Group Policy knows existing settings by
// them.
const (
	namespace   = "PorticoDesktop.Policies.Portico"
	registryKey = `Software\Policies\Portico`
	defaultsKey = registryKey + `\Defaults`
	// defaultOf is the end of a default's name.
	defaultOf = "_Default"
	maxJSON   = 16384
	maxText   = 2048
)

// page writes XML line by line.
type page struct{ bytes.Buffer }

func (p *page) line(depth int, format string, args ...any) {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = escaped(text)
		}
	}
	fmt.Fprintf(p, strings.Repeat("  ", depth)+format+"\n", args...)
}

func escaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes everything
	return strings.NewReplacer("&#xA;", "\n", "&#39;", "'").Replace(b.String())
}

const admxNote = "Written by app/policy/generate from the table in app/policy/keys.go; changes belong there."

// admx is the template for Group Policy and Intune.
func admx() []byte {
	p := &page{}
	p.line(0, `<?xml version="1.0" encoding="utf-8"?>`)
	p.line(0, `<!-- %s -->`, admxNote)
	p.line(0, `<policyDefinitions xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">`)
	p.line(1, `<policyNamespaces>`)
	p.line(2, `<target prefix="portico" namespace="%s" />`, namespace)
	p.line(1, `</policyNamespaces>`)
	p.line(1, `<resources minRequiredRevision="1.0" />`)
	p.line(1, `<supportedOn>`)
	p.line(2, `<definitions>`)
	for _, version := range versions() {
		p.line(3, `<definition name="%s" displayName="$(string.%s)" />`, sinceID(version), sinceID(version))
	}
	p.line(2, `</definitions>`)
	p.line(1, `</supportedOn>`)
	p.line(1, `<categories>`)
	p.line(2, `<category name="Portico" displayName="$(string.Portico)" explainText="$(string.Portico_Explain)" />`)
	for _, category := range append(policy.Groups(), "defaults") {
		p.line(2, `<category name="%s" displayName="$(string.%s)">`, groupID(category), groupID(category))
		p.line(3, `<parentCategory ref="Portico" />`)
		p.line(2, `</category>`)
	}
	p.line(1, `</categories>`)
	p.line(1, `<policies>`)
	for _, k := range policy.Keys() {
		p.policy(k, "", groupID(k.Group), registryKey)
	}
	for _, k := range asDefault() {
		p.policy(k, defaultOf, groupID("defaults"), defaultsKey)
	}
	p.line(1, `</policies>`)
	p.line(0, `</policyDefinitions>`)
	return p.Bytes()
}

func groupID(group string) string { return "Category_" + strings.ReplaceAll(group, "-", "_") }

func sinceID(version string) string { return "Portico_" + strings.ReplaceAll(version, ".", "_") }

// versions are those in which a key was new.
func versions() []string {
	seen := map[string]bool{}
	for _, k := range policy.Keys() {
		seen[k.Since] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// policy writes one setting; kind is "" or defaultOf.
func (p *page) policy(k policy.Key, kind, category, key string) {
	id := string(k.Name) + kind
	attributes := fmt.Sprintf(`name="%s" class="Both" displayName="$(string.%s)" explainText="$(string.%s_Explain)" key="%s"`, id, k.Name, id, escaped(key))
	if k.Kind == policy.Flag {
		attributes += fmt.Sprintf(` valueName="%s"`, k.Name)
	} else {
		attributes += fmt.Sprintf(` presentation="$(presentation.%s)"`, id)
	}
	fmt.Fprintf(p, "    <policy %s>\n", attributes)
	p.line(3, `<parentCategory ref="%s" />`, category)
	p.line(3, `<supportedOn ref="%s" />`, sinceID(k.Since))
	if k.Kind == policy.Flag {
		p.line(3, `<enabledValue><decimal value="1" /></enabledValue>`)
		p.line(3, `<disabledValue><decimal value="0" /></disabledValue>`)
	} else {
		p.line(3, `<elements>`)
		p.element(k, values(k, kind))
		p.line(3, `</elements>`)
	}
	p.line(2, `</policy>`)
}

// values are those to choose from. A default that leaves it to people says nothing.
func values(k policy.Key, kind string) []string {
	all := slices.Clone(k.Values)
	if kind == defaultOf && k.Kind == policy.Tri {
		all = slices.DeleteFunc(all, func(v string) bool { return v == policy.UserDecides })
	}
	return all
}

func (p *page) element(k policy.Key, values []string) {
	name := string(k.Name)
	switch {
	case len(values) > 0:
		p.line(4, `<enum id="%s" valueName="%s" required="true">`, name, name)
		for _, v := range values {
			p.line(5, `<item displayName="$(string.%s)"><value><string>%s</string></value></item>`, valueID(k, v), v)
		}
		p.line(4, `</enum>`)
	case k.Kind == policy.Number:
		p.line(4, `<decimal id="%s" valueName="%s" required="true" minValue="%d" maxValue="%d" />`, name, name, k.Min, k.Max)
	case k.Kind == policy.List, k.Kind == policy.Objects:
		p.line(4, `<multiText id="%s" valueName="%s" required="true" maxLength="%d" />`, name, name, maxJSON)
	default:
		p.line(4, `<text id="%s" valueName="%s" required="true" maxLength="%d" />`, name, name, maxText)
	}
}

// valueID names the words of a value. Those of a Tri are the same for every key.
func valueID(k policy.Key, value string) string {
	name := "Value_"
	if k.Kind != policy.Tri {
		name += string(k.Name) + "_"
	}
	return name + strings.ReplaceAll(value, "-", "_")
}

// adml is the template's words in one language.
func adml(t texts) []byte {
	words := map[string]string{"Portico": t.product, "Portico_Explain": t.about, groupID("defaults"): t.defaults}
	for _, version := range versions() {
		words[sinceID(version)] = fmt.Sprintf(t.since, version)
	}
	for _, group := range policy.Groups() {
		words[groupID(group)] = t.groups[group]
	}
	for _, k := range policy.Keys() {
		words[string(k.Name)], words[string(k.Name)+"_Explain"] = t.title(k), t.explain(k)
		for _, v := range k.Values {
			text := v
			if k.Kind == policy.Tri {
				text = t.values[v]
			}
			words[valueID(k, v)] = text
		}
	}
	for _, k := range asDefault() {
		words[string(k.Name)+defaultOf+"_Explain"] = t.explain(k) + "\n\n" + t.defaultsNote
	}

	p := &page{}
	p.line(0, `<?xml version="1.0" encoding="utf-8"?>`)
	p.line(0, `<!-- %s -->`, admxNote)
	p.line(0, `<policyDefinitionResources xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">`)
	p.line(1, `<displayName>%s</displayName>`, t.product)
	p.line(1, `<description>%s</description>`, t.about)
	p.line(1, `<resources>`)
	p.line(2, `<stringTable>`)
	for _, id := range slices.Sorted(maps.Keys(words)) {
		p.line(3, `<string id="%s">%s</string>`, id, words[id])
	}
	p.line(2, `</stringTable>`)
	p.line(2, `<presentationTable>`)
	for _, k := range policy.Keys() {
		p.presentation(k, "", t)
	}
	for _, k := range asDefault() {
		p.presentation(k, defaultOf, t)
	}
	p.line(2, `</presentationTable>`)
	p.line(1, `</resources>`)
	p.line(0, `</policyDefinitionResources>`)
	return p.Bytes()
}

// presentation is the field for entering a value. A Flag has none: enabled and disabled
// say it.
func (p *page) presentation(k policy.Key, kind string, t texts) {
	if k.Kind == policy.Flag {
		return
	}
	name := string(k.Name)
	p.line(3, `<presentation id="%s">`, name+kind)
	switch {
	case len(k.Values) > 0:
		p.line(4, `<dropdownList refId="%s" noSort="true" defaultItem="%d">%s</dropdownList>`, name, max(0, slices.Index(values(k, kind), fmt.Sprint(k.Default))), t.choice)
	case k.Kind == policy.Number:
		p.line(4, `<decimalTextBox refId="%s" defaultValue="%d">%s</decimalTextBox>`, name, k.Default.(int), fmt.Sprintf(t.number, cmp.Or(k.Unit, "1")))
	case k.Kind == policy.List:
		p.line(4, `<multiTextBox refId="%s">%s</multiTextBox>`, name, t.list)
	case k.Kind == policy.Objects:
		p.line(4, `<multiTextBox refId="%s">%s</multiTextBox>`, name, t.json)
	default:
		p.line(4, `<textBox refId="%s"><label>%s</label></textBox>`, name, t.text)
	}
	p.line(3, `</presentation>`)
}
