package manifest

import (
	"net/url"
	"strings"
	"testing"
)

func TestMailGoesToAnAddressAlone(t *testing.T) {
	for address, want := range map[string]string{
		"help@contoso.example":           "mailto:help@contoso.example",
		" help@contoso.example ":         "mailto:help@contoso.example",
		"it+desk.1@sub.contoso.example":  "mailto:it%2Bdesk.1@sub.contoso.example",
		"o'neil@contoso.example":         "mailto:o%27neil@contoso.example",
		"jürgen@müller.example":          "mailto:j%C3%BCrgen@xn--mller-kva.example",
		"help@localhost":                 "mailto:help@localhost",
		"a?b=c&d@contoso.example":        "mailto:a%3Fb%3Dc%26d@contoso.example",
		"help%0Abcc:x@contoso.example":   "", // a colon
		"help%0Abcc=x@contoso.example":   "mailto:help%250Abcc%3Dx@contoso.example",
		"help@x?bcc=eve@evil.example":    "",
		"help@contoso.example?bcc=e":     "",
		"help@contoso.example&attach=/x": "",
		"help@contoso.example/x":         "",
		"help@contoso.example#x":         "",
		"help@contoso.example:25":        "",
		"help@[127.0.0.1]":               "",
		"help@":                          "", "@contoso.example": "", "help": "", "": "",
		"Help <help@contoso.example>":                 "",
		"a@b.example,c@d.example":                     "",
		"a@b.example; c@d.example":                    "",
		`"a b"@contoso.example`:                       "",
		".help@contoso.example":                       "",
		"he..lp@contoso.example":                      "",
		"help@contoso..example":                       "",
		"help\u202e@contoso.example":                  "",
		"help\r\nbcc:x@contoso.example":               "",
		strings.Repeat("a", 250) + "@contoso.example": "",
	} {
		if got := MailTo(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func TestTelephoneCallsANumberAlone(t *testing.T) {
	for number, want := range map[string]string{
		"+49 30 901820": "tel:+4930901820", "(030) 90-18.20": "tel:030901820", "030/901820": "tel:030901820", "+1 (555) 010-0199": "tel:+15550100199",
		"110": "tel:110", "(+49) 30 901820": "tel:+4930901820", "030\u00a0901\u2013820": "tel:030901820",
		"*21*0900123456#": "", "#31#": "", "**04*": "", "%2A21%23": "", "call us": "", "+49 30 901820 ext. 5": "", "030;phone-context=x": "", "+": "", "()": "", "": "",
		"1+2": "", "\u0663\u0660": "",
	} {
		if got := Telephone(number); got != want {
			t.Errorf("%q: %q, want %q", number, got, want)
		}
	}
}

// What cannot be opened is shown all the same, and a manifest that has it stays good:
// people must not be shut out for it.
func TestContactsThatOpenNothingAreSaid(t *testing.T) {
	m, err := Parse([]byte(strings.NewReplacer(`"help@contoso.example"`, `"help@x?bcc=eve@evil.example&attach=/etc/passwd"`, `"+49 30 901820"`, `"*21*0900#"`).Replace(good)), "x")
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Unused) != 2 || m.Unused[0].Field != "support.email" || m.Unused[1].Field != "support.phone" || m.Support.Phone != "*21*0900#" {
		t.Errorf("unused = %+v, support = %+v", m.Unused, m.Support)
	}
	if m, err = Parse([]byte(good), "x"); err != nil || len(m.Unused) != 0 {
		t.Errorf("a good one: %+v, %v", m.Unused, err)
	}
}

func TestAppsTakeNoFilesAlongAndSetNoTelephone(t *testing.T) {
	for address, offered := range map[string]bool{
		"mailto:help@contoso.example": true, "mailto:help@contoso.example?subject=Hi%20IT&body=a&cc=x@y.example": true, "MAILTO:?SUBJECT=x": true, "mailto:a@b.example?X-Ticket=1": true,
		"mailto:a@b.example?body={email}": true, "tel:+4930901820": true, "tel:030-90;ext=12": true,
		"mailto:a@b.example?attach=/etc/passwd": false, "mailto:a@b.example?subject=x&Attachment=file:///etc/passwd": false, "mailto:a@b.example?%61ttach=x": false,
		"mailto:a@b.example?attach1=x": false, "mailto:a@b.example?subject=Q&A&attach=x": false, "mailto:a@b.example?insecure-attach=x": false, "mailto:a@b.example?%41TTACH": false, "mailto:a@b.example?subject=x&amp;attach=y": false, "mailto:a@b.example?x-attach=y": false, "mailto:?%zz=x": false,
		"tel:*21*0900%23": false, "tel:%2A21%2A0900": false, "tel:**04": false,
	} {
		m, err := Parse([]byte(strings.Replace(good, "https://mail.example/?u={login_hint}", address, 1)), "x")
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if got := m.Menus[0].IsOffered(nil); got != offered || (len(m.Unused) == 0) != offered {
			t.Errorf("%s: offered %v, unused %+v", address, got, m.Unused)
		}
	}
}

// A link by mistake, as they are met, opens without what is wrong in it.
func TestAppsOpenWithoutOddMailFields(t *testing.T) {
	for address, want := range map[string]string{
		"mailto:a@b.example?subject=Q&A":                "mailto:a@b.example?subject=Q",
		"mailto:a@b.example?subject=Hi&ref=portal":      "mailto:a@b.example?subject=Hi",
		"mailto:a@b.example?ref=portal":                 "mailto:a@b.example",
		"MAILTO:a@b.example?ref=x&SUBJECT=Hi&Body=a":    "MAILTO:a@b.example?SUBJECT=Hi&Body=a",
		"mailto:a@b.example?subject=Hi&amp;body=a":      "mailto:a@b.example?subject=Hi",
		"mailto:a@b.example?subject=Hi&{domain}=x":      "mailto:a@b.example?subject=Hi",
		"mailto:a@b.example?x-{domain}=x&body={email}":  "mailto:a@b.example?body={email}",
		"mailto:a@b.example?x-%2561ttach=x&X-Ticket=1":  "mailto:a@b.example?X-Ticket=1",
		"mailto:a@b.example?subject=x%0a&sub%0aject=Hi": "mailto:a@b.example?subject=x%0a",
		"mailto:a@b.example?subject=Hi&&body=a":         "",
		"https://mail.example/?subject=Q&A":             "",
	} {
		m, err := Parse([]byte(strings.Replace(good, "https://mail.example/?u={login_hint}", address, 1)), "x")
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		said := 1
		if want == "" {
			want, said = address, 0
		}
		if app := m.Menus[0]; app.URL != want || !app.IsOffered(nil) || len(m.Unused) != said {
			t.Errorf("%s: %q, unused %+v", address, app.URL, m.Unused)
		}
	}
}

func FuzzMailTo(f *testing.F) {
	for _, seed := range []string{"help@contoso.example", "a?b@c", "ä@ö.example", "a@b?c", "a%40@b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		link := MailTo(address)
		if link == "" {
			return
		}
		u, err := url.Parse(link)
		if err != nil || u.Scheme != "mailto" || u.RawQuery != "" || u.Fragment != "" || strings.Count(link, "@") != 1 {
			t.Errorf("%q is %q (%v)", address, link, err)
		}
		if strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Errorf("%q is %q", address, link)
		}
	})
}
