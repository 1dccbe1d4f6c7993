package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth/plain"
)

func unseen() []rune {
	return []rune{0x85, 0x9b, 0xad, 0x61c, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff, 0x3164}
}

// manifest is a good one with one member changed, by its path.
func manifest(t *testing.T, path, value string) []byte {
	t.Helper()
	provider := map[string]any{"id": "work", "title": "Work", "description": "For staff", "authority": "https://login.example", "client_id": "x"}
	menu := map[string]any{"id": "mail", "title": "Mail", "group": "Daily", "url": "https://mail.example/"}
	support := map[string]any{"email": "help@contoso.example", "phone": "1", "hours": "9-17", "url": "https://help.example/"}
	whole := map[string]any{"version": 1, "name": "Contoso", "support": support, "providers": []any{provider}, "menus": []any{menu}}
	of, name, _ := strings.Cut(path, ".")
	if name == "" {
		whole[of] = value
	} else {
		map[string]map[string]any{"provider": provider, "menu": menu, "support": support}[of][name] = value
	}
	raw, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestWordsAndLinksOfAManifestHoldNothingUnseen(t *testing.T) {
	for _, r := range unseen() {
		for _, path := range []string{"name", "support.email", "support.phone", "support.hours", "provider.title", "provider.description", "menu.title", "menu.group", "menu.icon"} {
			m, err := Parse(manifest(t, path, "a"+string(r)+"b"), "portal.example")
			if err != nil {
				t.Errorf("%U in %s: %v", r, path, err)
				continue
			}
			if shown := fmt.Sprintf("%+v", *m); strings.ContainsFunc(shown, plain.Hidden) || !strings.Contains(shown, "a b") {
				t.Errorf("%U in %s: %q", r, path, shown)
			}
		}
		for path, value := range map[string]string{
			"support.url": "https://help.example/" + string(r), "menu.url": "https://mail.example/" + string(r), "menu.id": "mail" + string(r),
			"provider.id": "work" + string(r), "provider.authority": "https://login.example/" + string(r), "provider.client_id": "x" + string(r),
			"provider.consent_redirect": "https://login.example/" + string(r),
		} {
			_, err := Parse(manifest(t, path, value), "portal.example")
			var wrong *Error
			if !errors.As(err, &wrong) || wrong.Kind != Invalid || strings.ContainsFunc(fmt.Sprintf("%+v %v", *wrong, wrong), plain.Hidden) {
				t.Errorf("%U in %s: %v, %+v", r, path, err, wrong)
			}
		}
	}
}

// Whatever member it is in: it is refused, or nothing of it is left.
func TestNoMemberOfAManifestHoldsAnythingUnseen(t *testing.T) {
	for _, r := range unseen() {
		for _, path := range []string{
			"accent", "provider.preset", "provider.tenant", "provider.host", "provider.realm", "provider.dialect", "provider.par", "provider.dpop", "provider.colour", "menu.later", "later",
		} {
			m, err := Parse(manifest(t, path, "a"+string(r)+"b"), "portal.example")
			told := fmt.Sprintf("%+v %v", m, err)
			if err == nil && strings.HasPrefix(path, "provider.") {
				if d, err := m.Providers[0].Auth(); err == nil {
					told = fmt.Sprintf("%+v", d) // tenant, host and realm count with a preset alone
				}
			}
			if strings.ContainsFunc(told, plain.Hidden) {
				t.Errorf("%U in %s: %q", r, path, told)
			}
		}
		whole := `{"version":1,"name":"x","providers":[{"id":"a","authority":"https://login.example","client_id":"x"}],"menus":[{"id":"a","title":"A","url":"https://a.example","keywords":["a` + string(r) + `b"]}]}`
		if m, err := Parse([]byte(whole), "portal.example"); err != nil || m.Menus[0].Keywords[0] != "a b" {
			t.Errorf("%U in a keyword: %+v, %v", r, m, err)
		}
		for _, path := range []string{"name", "menu.title"} {
			if m, err := Parse(manifest(t, path, string(r)+string(r)), "portal.example"); err == nil {
				t.Errorf("%U alone is the %s: %+v", r, path, m)
			}
		}
	}
}

func TestLinksOfAManifestAreASCII(t *testing.T) {
	for link, want := range map[string]string{
		"https://müller.example/größe?u={email}": "https://xn--mller-kva.example/gr%C3%B6%C3%9Fe?u={email}",
		"https://аpple.example/":                 "https://xn--pple-43d.example/",
		"https://mail.example/?u={login_hint}":   "https://mail.example/?u={login_hint}",
		"mailto:größe@contoso.example":           "mailto:gr%C3%B6%C3%9Fe@contoso.example",
		"ms-teams://größe":                       "ms-teams://gr%C3%B6%C3%9Fe",
	} {
		m, err := Parse(manifest(t, "menu.url", link), "portal.example")
		if err != nil || m.Menus[0].URL != want {
			t.Errorf("%q: %+v, %v", link, m, err)
		}
	}
	if _, err := Parse(manifest(t, "menu.url", "https://a%E2%80%AEb.example/"), "portal.example"); err == nil {
		t.Error("a link with an override in its host is taken")
	}
	if m, err := Parse(manifest(t, "support.url", "https://hilfe.müller.example/"), "portal.example"); err != nil || m.Support.URL != "https://hilfe.xn--mller-kva.example/" {
		t.Errorf("%+v, %v", m, err)
	}
}

// Names that need their joiners keep them.
func TestNamesOfAManifestStayAsTheyAreWritten(t *testing.T) {
	for _, name := range []string{"دانشگاه\u200cها", "Contoso 👩\u200d💻", "חברת קונטוסו", "Größe & Söhne"} {
		if m, err := Parse(manifest(t, "name", name), "portal.example"); err != nil || m.Name != name {
			t.Errorf("%q: %+v, %v", name, m, err)
		}
	}
}
