package manifest

import (
	"errors"
	"testing"
)

func TestPartsOfAManifestAreHeldToItsRules(t *testing.T) {
	providers := func(raw string) error { _, err := ParseProviders([]byte(raw), "policy"); return err }
	menus := func(raw string) error { _, err := ParseMenus([]byte(raw), "policy"); return err }
	for name, test := range map[string]struct {
		parse func(string) error
		raw   string
		kind  Kind
		field string
	}{
		"a provider":       {providers, `[{"id":"a","authority":"https://a.example","client_id":"c"}]`, "", ""},
		"a preset":         {providers, `[{"id":"g","preset":"google","client_id":"c"}]`, "", ""},
		"no client":        {providers, `[{"id":"a","authority":"https://a.example"}]`, Invalid, "providers[0].client_id"},
		"a port of words":  {providers, `[{"id":"a","redirect":{"port":"8400"}}]`, Invalid, "providers[0].redirect.port"},
		"a secret":         {providers, `[{"id":"a","authority":"https://a.example","client_id":"c","client_secret":"s"}]`, Invalid, "providers[0].client_secret"},
		"an id twice":      {providers, `[{"id":"a","authority":"https://a.example","client_id":"c"},{"id":"a","authority":"https://a.example","client_id":"c"}]`, Invalid, "providers[1].id"},
		"none of them on":  {providers, `[{"id":"a","authority":"https://a.example","client_id":"c","enabled":false}]`, NoProviders, ""},
		"an app":           {menus, ` [{"id":"m","title":"Mail","url":"https://mail.example"}] `, "", ""},
		"no apps":          {menus, `[]`, "", ""},
		"an app on http":   {menus, `[{"id":"m","title":"Mail","url":"http://mail.example"}]`, Invalid, "menus[0].url"},
		"a title of words": {menus, `[{"id":"m","title":7,"url":"https://mail.example"}]`, Invalid, "menus[0].title"},
	} {
		err := test.parse(test.raw)
		var wrong *Error
		if test.kind == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if test.kind != "" && (!errors.As(err, &wrong) || wrong.Kind != test.kind || wrong.Field != test.field) {
			t.Errorf("%s: %v (%+v), want %s for %q", name, err, wrong, test.kind, test.field)
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
