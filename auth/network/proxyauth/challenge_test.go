package proxyauth

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	basic := func(realm string) Challenge {
		return Challenge{Scheme: Basic, Parameters: map[string]string{"realm": realm}}
	}
	bare := func(s Scheme) Challenge { return Challenge{Scheme: s, Parameters: map[string]string{}} }
	token := func(s Scheme, token string) Challenge {
		return Challenge{Scheme: s, Token: token, Parameters: map[string]string{}}
	}
	tests := map[string]struct {
		lines []string
		want  []Challenge
	}{
		"nothing":                {},
		"one":                    {[]string{`Basic realm="office"`}, []Challenge{basic("office")}},
		"in other letters":       {[]string{`bASIC REALM=office`, "NEGOTIATE", "ntlm"}, []Challenge{basic("office"), bare(Negotiate), bare(NTLM)}},
		"a line each":            {[]string{"Negotiate", "NTLM", `Basic realm="a"`}, []Challenge{bare(Negotiate), bare(NTLM), basic("a")}},
		"in one line":            {[]string{`Negotiate, NTLM, Basic realm="a, b"`}, []Challenge{bare(Negotiate), bare(NTLM), basic("a, b")}},
		"behind parameters":      {[]string{`Digest realm="a", nonce="n=1", qop="auth,auth-int", stale=FALSE, Basic realm="b"`}, []Challenge{{Scheme: Digest, Parameters: map[string]string{"realm": "a", "nonce": "n=1", "qop": "auth,auth-int", "stale": "FALSE"}}, basic("b")}},
		"a token":                {[]string{"NTLM TlRMTVNTUAACAAAA==", "Negotiate YII="}, []Challenge{token(NTLM, "TlRMTVNTUAACAAAA=="), token(Negotiate, "YII=")}},
		"a token, then more":     {[]string{`NTLM abc= , Basic realm="b"`}, []Challenge{token(NTLM, "abc="), basic("b")}},
		"escaped":                {[]string{`Basic realm="a \"b\" \\"`}, []Challenge{basic(`a "b" \`)}},
		"blanks around":          {[]string{` ,, Basic  realm = "a" ,,`}, []Challenge{basic("a")}},
		"others are left out":    {[]string{`Bearer realm="x", Basic realm="a"`, "Kerberos"}, []Challenge{basic("a")}},
		"letters of other lands": {[]string{"Basic realm=\"Büro\""}, []Challenge{basic("Büro")}},

		"a control character":    {[]string{"Basic realm=\"a\x1b[2Jb\"", "NTLM"}, []Challenge{bare(NTLM)}},
		"a line's end":           {[]string{"Basic realm=\"a\rX: y\"", "NTLM"}, []Challenge{bare(NTLM)}},
		"an escaped line's end":  {[]string{"Digest nonce=\"a\\\nb\"", "NTLM"}, []Challenge{bare(NTLM)}},
		"a C1 control":           {[]string{"Basic realm=\"a\u009b2Jb\"", "NTLM"}, []Challenge{bare(NTLM)}},
		"a name twice":           {[]string{`Basic realm="a", realm="b"`, "NTLM"}, []Challenge{bare(NTLM)}},
		"an open quotation":      {[]string{`Basic realm="a`, "NTLM"}, []Challenge{bare(NTLM)}},
		"no value":               {[]string{`Basic realm=, charset="UTF-8"`, "NTLM"}, []Challenge{bare(NTLM)}},
		"a mess":                 {[]string{`"?"`, "@@ =", "Basic@", "NTLM"}, []Challenge{bare(NTLM)}},
		"a mess behind a scheme": {[]string{`Basic realm="a" ;;`, "NTLM"}, []Challenge{bare(NTLM)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Parse(test.lines)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("%v; challenges (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestParseHasLimits(t *testing.T) {
	tests := map[string][]string{
		"10 MB of token":     {"Negotiate " + strings.Repeat("A", 10<<20)},
		"10 MB of realm":     {`Basic realm="` + strings.Repeat("a", 10<<20) + `"`},
		"thousands of lines": strings.Split(strings.Repeat("Negotiate\n", 9000), "\n"),
		"thousands in one":   {strings.Repeat("NTLM, ", 9000)},
	}
	for name, lines := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := Parse(lines); err == nil {
				t.Errorf("%d challenges were taken", len(got))
			}
		})
	}
	var many strings.Builder
	for range maxParameters + 1 {
		many.WriteString(", a" + strings.Repeat("b", many.Len()%100) + "=1")
	}
	if got, err := Parse([]string{"Basic realm=a" + many.String()}); err != nil || len(got) != 0 {
		t.Errorf("a scheme with dozens of parameters gives %v, %v", got, err)
	}
}

func TestParseSchemes(t *testing.T) {
	got, err := ParseSchemes(" basic,Negotiate; DIGEST negotiate")
	if diff := cmp.Diff([]Scheme{Basic, Negotiate, Digest}, got); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
	if got, err := ParseSchemes(""); err != nil || got == nil || len(got) != 0 {
		t.Errorf("of nothing: %v, %v", got, err)
	}
	if _, err := ParseSchemes("negotiate,kerberos"); err == nil || !strings.Contains(err.Error(), `"kerberos"`) {
		t.Errorf("of a name that is none: %v", err)
	}
}

// Whatever a proxy says, reading it ends, and nothing with a control character comes of it.
func FuzzParse(f *testing.F) {
	f.Add(`Digest realm="a", nonce="n", Basic realm="b"`)
	f.Add("Negotiate YII=, NTLM")
	f.Fuzz(func(t *testing.T, line string) {
		all, err := Parse([]string{line, line})
		if err != nil {
			return
		}
		for _, c := range all {
			if _, known := canonical(string(c.Scheme)); !known {
				t.Errorf("scheme %q", c.Scheme)
			}
			for name, value := range c.Parameters {
				if hasControl(name) || hasControl(value) {
					t.Errorf("%q=%q", name, value)
				}
			}
		}
	})
}
