package contoso

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/portico-desktop/portico/app/portal/form"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
)

func moment() time.Time { return time.Date(2026, 12, 1, 9, 30, 0, 0, time.UTC) }

func TestTheFolderIsAPortal(t *testing.T) {
	dir := t.TempDir()
	if err := Write(dir, "https://portal.contoso.example/api", demoportal.Provider{ID: "demo", Authority: "https://login.contoso.example", ClientID: "portico"}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "portico.json"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(raw, "portal.contoso.example")
	if err != nil {
		t.Fatal(err)
	}
	groups := map[string]int{}
	for _, app := range m.Menus {
		groups[app.Group]++
	}
	if len(m.Menus) < 12 || len(groups) < 4 || len(m.Unused) > 0 {
		t.Errorf("%d apps in %v; not used: %v", len(m.Menus), groups, m.Unused)
	}
	if strings.Contains(string(raw), "monitoring") {
		t.Error("the manifest names an app that is not for everybody")
	}
	for _, logo := range []string{m.Logo.Light, m.Logo.Dark} {
		if _, err := os.Stat(filepath.Join(dir, "public", filepath.FromSlash(logo))); err != nil {
			t.Error(err)
		}
	}
	var with struct{ API struct{ URL string } }
	if err := json.Unmarshal(raw, &with); err != nil || with.API.URL == "" {
		t.Errorf("api %+v, %v", with.API, err)
	}
	// A second demo writes over the first one's.
	if err := Write(dir, ""); err != nil {
		t.Fatal(err)
	}
	if raw, _ := os.ReadFile(filepath.Join(dir, "portico.json")); strings.Contains(string(raw), `"api"`) {
		t.Error("the older manifest is still there")
	}
}

// IT teams begin by copying these forms, so together they show everything there is.
func TestTheFormsUseTheWholeSubset(t *testing.T) {
	forms, err := Forms()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.NewCompiler().Compile("../../../../assets/schema/form.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	kinds := map[form.Kind]bool{}
	for _, f := range forms {
		for _, e := range f.Elements() {
			kinds[e.Kind] = true
		}
		all.Write(f.Schema)
		all.Write(f.UI)
		var whole map[string]any
		raw, _ := json.Marshal(f.Document)
		_ = json.Unmarshal(raw, &whole)
		if err := schema.Validate(whole); err != nil {
			t.Errorf("%s: %v", f.ID, err)
		}
		// The first answers of somebody who opens it are good as far as they go.
		for _, p := range f.Check(f.Begin()) {
			if p.Code != form.Missing {
				t.Errorf("%s: %s %s", f.ID, p.Pointer, p.Reason())
			}
		}
	}
	for _, kind := range []form.Kind{form.Layout, form.Section, form.Label, form.Text, form.Multiline, form.Whole, form.Decimal, form.Tick, form.Select, form.Radio, form.Choices,
		form.Date, form.DateTime, form.Time, form.Email, form.URI, form.FileList, form.PersonChoice, form.DynamicChoice, form.DeviceTick} {
		if !kinds[kind] {
			t.Errorf("no form has a control of the kind %s", kind)
		}
	}
	for _, word := range []string{"$ref", "$defs", "oneOf", "default", "required", "minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems", "uniqueItems",
		"SHOW", "HIDE", "ENABLE", "DISABLE", "failWhenUndefined", "allOf", "anyOf", "not", "if", "contains", "enum", "exclusiveMinimum"} {
		if !strings.Contains(all.String(), `"`+word+`"`) {
			t.Errorf("no form uses %s", word)
		}
	}
	if forms["something-else"].UI != nil {
		t.Error("no form is without a ui")
	}
}

func TestTheRequestsFitTheirForms(t *testing.T) {
	requests, err := Requests(moment(), func(address string) string { return "id-of-" + address })
	if err != nil {
		t.Fatal(err)
	}
	people, err := People()
	if err != nil {
		t.Fatal(err)
	}
	known := func(address string) bool {
		return slices.ContainsFunc(people, func(p Person) bool { return p.Address == address })
	}
	by, states := map[string]int{}, map[string]bool{}
	for _, r := range requests {
		for _, p := range r.Form.Check(r.Answers) {
			t.Errorf("%q: %s %s", r.Subject, p.Pointer, p.Reason())
		}
		if len(r.Form.Clean(r.Answers)) != len(r.Answers) {
			t.Errorf("%q has answers to hidden questions: %v, %v", r.Subject, r.Answers, r.Form.Clean(r.Answers))
		}
		if raw, _ := json.Marshal(r.Answers); strings.Contains(string(raw), "person:") {
			t.Errorf("%q: %s", r.Subject, raw)
		}
		last := r.At
		for _, s := range r.Steps {
			if s.At.Before(last) || s.By != "" && s.By != "it" && !known(s.By) || s.Message+s.Note+s.Status == "" {
				t.Errorf("%q: step %+v", r.Subject, s)
			}
			states[s.Status] = true
			last = s.At
		}
		for _, address := range append(slices.Clone(r.Participants), r.By) {
			if !known(address) {
				t.Errorf("%q names %s", r.Subject, address)
			}
		}
		by[r.By]++
	}
	if by["ada@contoso.example"] < 3 || by["grace@contoso.example"] < 3 || len(by) < 4 {
		t.Errorf("requests by %v", by)
	}
	for _, status := range []string{"open", "waiting_for_you", "on_hold", "solved", "closed"} {
		if !states[status] {
			t.Errorf("no request is %s; there are %v", status, slices.Collect(maps.Keys(states)))
		}
	}
}

func TestTheNews(t *testing.T) {
	news, err := Announcements(moment())
	if err != nil {
		t.Fatal(err)
	}
	outage, err := Outage(moment())
	if err != nil {
		t.Fatal(err)
	}
	severities, acks := map[string]bool{}, 0
	for _, n := range append(news, outage) {
		severities[n.Severity] = true
		if n.Ack {
			acks++
		}
		if n.Title == "" || n.Body == "" || n.From.After(moment()) || n.Until != nil && !n.Until.After(moment()) {
			t.Errorf("%+v", n)
		}
	}
	if len(severities) != 5 || acks != 1 || outage.Severity != "outage" {
		t.Errorf("severities %v, %d to be read", severities, acks)
	}
}

// Whoever can sign in to the demo has requests there.
func TestThePeopleAreTheProviders(t *testing.T) {
	people, err := People()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range demoidp.People() {
		if !slices.Contains(people, Person{Name: p.Name(), Address: p.Email, Subject: p.Subject}) {
			t.Errorf("%s is not at Contoso", p.Email)
		}
	}
}
