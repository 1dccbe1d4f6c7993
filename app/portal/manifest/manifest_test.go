package manifest

import (
	_ "embed"
	"errors"
	"strings"
	"testing"
)

//go:embed testdata/good.json
var goodFile string

// good is a manifest.
var good = strings.TrimSpace(goodFile)

func TestParseOffersWhatIsEnabledAndIgnoresWhatIsUnknown(t *testing.T) {
	m, err := Parse([]byte(good), "portal.example")
	if err != nil {
		t.Fatal(err)
	}
	offered := m.Offered()
	if len(m.Providers) != 2 || len(offered) != 1 || offered[0].ID != "m365" || m.Name != "Contoso IT" {
		t.Errorf("manifest = %+v", m)
	}
}

func TestByteOrderMarkIsNoReasonToRefuse(t *testing.T) {
	if _, err := Parse([]byte("\ufeff"+good), "portal.example"); err != nil {
		t.Error(err)
	}
}

func TestWrongManifestsNameTheField(t *testing.T) {
	swap := func(old, with string) string {
		s := strings.Replace(good, old, with, 1)
		if s == good {
			t.Fatalf("%q is not in the manifest", old)
		}
		return s
	}
	tests := map[string]struct {
		raw   string
		kind  Kind
		field string
	}{
		"a web page":              {"<!doctype html><title>Welcome</title>", NotManifest, ""},
		"a list":                  {"[]", NotManifest, ""},
		"some other JSON":         {`{"ok":true}`, NotManifest, ""},
		"a later version":         {swap(`"version":1`, `"version":2`), Invalid, "version"},
		"no name":                 {swap(`"Contoso IT"`, `" "`), Invalid, "name"},
		"a name that is a number": {swap(`"Contoso IT"`, `7`), Invalid, "name"},
		"no providers":            {`{"version":1,"name":"x","providers":[]}`, NoProviders, ""},
		"a comma too many":        {`{"version":1,"name":"X",}`, Invalid, "line 1, column 25"},
		"a comma too few":         {"\ufeff\n{\n  \"name\": \"Schlüßel\" \"version\": 1\n}", Invalid, "line 3, column 22"},
		"half of a manifest":      {"{\n\"version\": 1,\n", Invalid, "line 2, column 14"},
		"two manifests":           {good + "x", Invalid, "line 5, column 110"},
		"nothing":                 {"", NotManifest, ""},
		"a port that is a text":   {swap(`"enabled":false`, `"redirect":{"port":"8400"}`), Invalid, "providers[1].redirect.port"},
		"a list that is a text":   {swap(`"enabled":false`, `"scopes":"openid"`), Invalid, "providers[1].scopes"},
		"a text that is a list":   {swap(`"enabled":false`, `"scopes":["openid",7]`), Invalid, "providers[1].scopes"},
		"a menu by its name":      {swap(`"menus":[`, `"menus":["mail",`), Invalid, "menus[0]"},
		"a menu title of numbers": {swap(`"title":"Mail"`, `"title":1`), Invalid, "menus[0].title"},
		"providers by a name":     {`{"version":1,"name":"x","providers":"m365"}`, Invalid, "providers"},
		"an accent by name":       {swap(`#0F6CBD`, `blue`), Invalid, "accent"},
		"no client":               {swap(`"client_id":"6f1c"`, `"client_id":""`), Invalid, "providers[0].client_id"},
		"an authority on http":    {swap(`https://login.example/v2.0`, `http://login.example`), Invalid, "providers[0].authority"},
		"an id twice":             {swap(`"id":"off"`, `"id":"m365"`), Invalid, "providers[1].id"},
		"a menu on http":          {swap(`https://mail.example/`, `http://mail.example/`), Invalid, "menus[0].url"},
		"a script for a menu":     {swap(`https://mail.example/?u={login_hint}`, `javascript:alert(1)`), Invalid, "menus[0].url"},
		"a file for a menu":       {swap(`https://mail.example/?u={login_hint}`, `file:///etc/passwd`), Invalid, "menus[0].url"},
		"a host from a person":    {swap(`https://mail.example/?u={login_hint}`, `https://{domain}/`), Invalid, "menus[0].url"},
		"an unknown placeholder":  {swap(`{login_hint}`, `{password}`), Invalid, "menus[0].url"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(test.raw), "portal.example")
			var wrong *Error
			if !errors.As(err, &wrong) || wrong.Kind != test.kind || wrong.Field != test.field {
				t.Errorf("err = %v (%+v), want %s for field %q", err, wrong, test.kind, test.field)
			}
		})
	}
}

func TestLinksCannotBeBrokenOutOf(t *testing.T) {
	evil := Person{Email: `a&b=c@x.example/../?#"<>é`, LoginHint: "ada@contoso.example", Domain: "contoso.example", Locale: "de"}
	tests := map[string]string{
		"https://x.example/?u={login_hint}&l={locale}": "https://x.example/?u=ada%40contoso.example&l=de",
		"https://x.example/{email}/inbox":              "https://x.example/a%26b%3Dc%40x.example%2F..%2F%3F%23%22%3C%3E%C3%A9/inbox",
		"mailto:help@x.example?subject={domain}":       "mailto:help@x.example?subject=contoso.example",
		"https://x.example/{tenant}":                   "",
		"tel:+4930901820":                              "tel:+4930901820",
	}
	for template, want := range tests {
		if got := Link(template, evil); got != want {
			t.Errorf("Link(%q) = %q, want %q", template, got, want)
		}
	}
}

func FuzzLinkStaysOnItsHost(f *testing.F) {
	f.Add("ada@contoso.example")
	f.Add("@evil.example/#")
	f.Fuzz(func(t *testing.T, email string) {
		if email == "" {
			return
		}
		got := Link("https://x.example/a/{email}?u={email}", Person{Email: email})
		if err := checkLink(got, "https"); err != nil || !strings.HasPrefix(got, "https://x.example/a/") || strings.Count(got, "?") != 1 {
			t.Errorf("%q became %q (%v)", email, got, err)
		}
	})
}
