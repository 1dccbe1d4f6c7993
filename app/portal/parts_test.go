package portal

import (
	"errors"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestPartsOfAManifestAreHeldToItsRules(t *testing.T) {
	providers := func(raw string) error { _, err := ParseProviders([]byte(raw), "policy"); return err }
	menus := func(raw string) error { _, err := ParseMenus([]byte(raw), "policy"); return err }
	for name, test := range map[string]struct {
		parse func(string) error
		raw   string
		code  localapi.Code
		field string
	}{
		"a provider":       {providers, `[{"id":"a","authority":"https://a.example","client_id":"c"}]`, "", ""},
		"a preset":         {providers, `[{"id":"g","preset":"google","client_id":"c"}]`, "", ""},
		"no client":        {providers, `[{"id":"a","authority":"https://a.example"}]`, localapi.ManifestInvalid, "providers[0].client_id"},
		"a port of words":  {providers, `[{"id":"a","redirect":{"port":"8400"}}]`, localapi.ManifestInvalid, "providers[0].redirect.port"},
		"a secret":         {providers, `[{"id":"a","authority":"https://a.example","client_id":"c","client_secret":"s"}]`, localapi.ManifestInvalid, "providers[0].client_secret"},
		"an id twice":      {providers, `[{"id":"a","authority":"https://a.example","client_id":"c"},{"id":"a","authority":"https://a.example","client_id":"c"}]`, localapi.ManifestInvalid, "providers[1].id"},
		"none of them on":  {providers, `[{"id":"a","authority":"https://a.example","client_id":"c","enabled":false}]`, localapi.NoProviders, ""},
		"an app":           {menus, ` [{"id":"m","title":"Mail","url":"https://mail.example"}] `, "", ""},
		"no apps":          {menus, `[]`, "", ""},
		"an app on http":   {menus, `[{"id":"m","title":"Mail","url":"http://mail.example"}]`, localapi.ManifestInvalid, "menus[0].url"},
		"a title of words": {menus, `[{"id":"m","title":7,"url":"https://mail.example"}]`, localapi.ManifestInvalid, "menus[0].title"},
	} {
		err := test.parse(test.raw)
		var p *localapi.Problem
		if test.code == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if test.code != "" && (!errors.As(err, &p) || p.Code != test.code || p.Params["field"] != test.field) {
			t.Errorf("%s: %v (%+v), want %s for %q", name, err, p, test.code, test.field)
		}
	}
}

func TestOtherSchemesAreOfferedWhereTheyAreAllowed(t *testing.T) {
	for url, test := range map[string]struct {
		allowed []string
		want    bool
	}{
		"https://a.example":  {nil, true},
		"mailto:a@b.example": {nil, true},
		"TEL:123":            {nil, true},
		"msteams:/l/chat":    {nil, false},
		"MSTeams:/l/chat":    {[]string{"zoommtg", "msteams"}, true},
		"slack://open":       {[]string{"msteams"}, false},
	} {
		menus, err := ParseMenus([]byte(`[{"id":"m","title":"App","url":"`+url+`"}]`), "policy")
		if err != nil {
			t.Errorf("%s: %v", url, err)
			continue
		}
		if got := menus[0].IsOffered(test.allowed); got != test.want {
			t.Errorf("%s with %v: %v", url, test.allowed, got)
		}
	}
	for _, url := range []string{"javascript:alert(1)", "JavaScript:alert(1)", "vbscript:x", "data:text/html,x", "file:///etc/passwd", "http://a.example", "about:blank", "blob:x", "no scheme", "//a.example", "1x:y", "shell:startup", "ms-msdt:/id"} {
		if _, err := ParseMenus([]byte(`[{"id":"m","title":"App","url":"`+url+`"}]`), "policy"); err == nil {
			t.Errorf("%s may stand in a manifest", url)
		}
	}
}
