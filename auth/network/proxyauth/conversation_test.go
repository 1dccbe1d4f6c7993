package proxyauth

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// logOn is a log-on of a test: its messages are "Kerberos 1", "NTLM 2" and so on.
type logOn struct {
	lack   map[Scheme]Lack // that Begin fails with
	asked  []Ask
	open   int
	broken bool // a second message cannot be made
}

func (l *logOn) Begin(_ context.Context, ask Ask) (Exchange, error) {
	l.asked = append(l.asked, ask)
	if lack, ok := l.lack[ask.Scheme]; ok {
		return nil, &LackError{Lack: lack}
	}
	l.open++
	return &exchange{logOn: l, scheme: ask.Scheme}, nil
}

type exchange struct {
	logOn  *logOn
	scheme Scheme
	n      int
	closed bool
}

func (e *exchange) Next(_ context.Context, from []byte) ([]byte, error) {
	if (from == nil) != (e.n == 0) {
		return nil, errors.New("out of order")
	}
	if e.n++; e.n > 1 && e.logOn.broken {
		return nil, errors.New("it makes no sense")
	}
	return []byte(strings.Repeat(string(e.scheme[0]), e.n)), nil
}

func (e *exchange) Close() {
	if !e.closed {
		e.closed = true
		e.logOn.open--
	}
}

// passwords count what becomes of a password.
type passwords struct {
	given    int
	outcomes []Outcome
}

func (p *passwords) attempt(context.Context) (*Attempt, error) {
	p.given++
	return &Attempt{Name: "ada", Password: "s3cret", Done: func(o Outcome) { p.outcomes = append(p.outcomes, o) }}, nil
}

const (
	digestLine = `Digest realm="r", nonce="n", qop="auth"`
	basicLine  = `Basic realm="r"`
	taken      = "taken"
)

// b64 is a message of a log-on in a header.
func b64(scheme Scheme, message string) string {
	return string(scheme) + " " + base64.StdEncoding.EncodeToString([]byte(message))
}

// talk holds a conversation with a proxy that says one thing after another, each a list of
// challenges or "taken". It returns the scheme of every answer, or the last error.
func talk(t *testing.T, a Answerer, says ...[]string) (answers []string, k Known, err error) {
	t.Helper()
	c := a.Begin("CONNECT", "h:443")
	defer c.Close()
	if header := c.Unasked(context.Background()); header != "" {
		answers = append(answers, "unasked "+header)
	}
	for _, lines := range says {
		if slices.Equal(lines, []string{taken}) {
			k, _ = c.Taken()
			return answers, k, nil
		}
		header, err := c.Answer(context.Background(), lines)
		if err != nil {
			return answers, k, err
		}
		scheme, _, _ := strings.Cut(header, " ")
		if scheme == "Negotiate" || scheme == "NTLM" {
			scheme = header
		}
		if c.Midway() {
			scheme += " in the same connection"
		}
		answers = append(answers, scheme)
	}
	return answers, k, nil
}

func TestConversations(t *testing.T) {
	all := AllSchemes()
	everything := []string{"Negotiate", "NTLM", digestLine, basicLine}
	noTicket := map[Scheme]Lack{Negotiate: NoTicket, NTLM: NotHere}
	tests := map[string]struct {
		answerer Answerer
		lack     map[Scheme]Lack
		broken   bool
		noLogOn  bool
		noPass   bool
		says     [][]string
		want     []string
		missing  map[Scheme]Lack
		outcomes []Outcome
		used     Scheme
	}{
		"the strongest":              {answerer: Answerer{Allowed: all}, says: [][]string{everything, {taken}}, want: []string{b64(Negotiate, "N")}, used: Negotiate},
		"no ticket":                  {answerer: Answerer{Allowed: all}, lack: noTicket, says: [][]string{{"Negotiate", digestLine, basicLine}, {taken}}, want: []string{"Digest"}, outcomes: []Outcome{Taken}, used: Digest},
		"no ticket, and Basic":       {answerer: Answerer{Allowed: all}, lack: noTicket, says: [][]string{{"Negotiate", basicLine}, {taken}}, want: []string{"Basic"}, outcomes: []Outcome{Taken}, used: Basic},
		"no ticket, and nothing":     {answerer: Answerer{Allowed: all}, lack: noTicket, says: [][]string{{"Negotiate"}}, missing: map[Scheme]Lack{Negotiate: NoTicket}},
		"nobody to ask":              {answerer: Answerer{Allowed: all}, noLogOn: true, noPass: true, says: [][]string{{"Negotiate", digestLine, basicLine}}, missing: map[Scheme]Lack{Negotiate: NotHere, Digest: NoPassword, Basic: NoPassword}},
		"nothing that is known":      {answerer: Answerer{Allowed: all}, says: [][]string{{"Bearer"}}, missing: map[Scheme]Lack{}},
		"NTLM":                       {answerer: Answerer{Allowed: all}, says: [][]string{{"NTLM"}, {b64(NTLM, "x")}, {taken}}, want: []string{b64(NTLM, "N"), b64(NTLM, "NN") + " in the same connection"}, used: NTLM},
		"NTLM in Negotiate":          {answerer: Answerer{Allowed: all}, says: [][]string{{"Negotiate"}, {b64(Negotiate, "x")}, {taken}}, want: []string{b64(Negotiate, "N"), b64(Negotiate, "NN") + " in the same connection"}, used: Negotiate},
		"NTLM is not allowed":        {answerer: Answerer{Allowed: []Scheme{Negotiate, Digest, Basic}}, lack: noTicket, says: [][]string{{"Negotiate", "NTLM"}}, missing: map[Scheme]Lack{Negotiate: NoTicket, NTLM: NotAllowed}},
		"Basic is not allowed":       {answerer: Answerer{Allowed: []Scheme{Negotiate}}, lack: noTicket, says: [][]string{{"Negotiate", digestLine, basicLine}}, missing: map[Scheme]Lack{Negotiate: NoTicket, Digest: NotAllowed, Basic: NotAllowed}},
		"nothing is allowed":         {says: [][]string{{"Negotiate"}}, missing: map[Scheme]Lack{Negotiate: NotAllowed}},
		"the log-on is not taken":    {answerer: Answerer{Allowed: all}, says: [][]string{{"Negotiate", basicLine}, {"Negotiate", basicLine}, {taken}}, want: []string{b64(Negotiate, "N"), "Basic"}, outcomes: []Outcome{Taken}, used: Basic},
		"NTLM, then a password":      {answerer: Answerer{Allowed: []Scheme{NTLM}}, says: [][]string{{"NTLM"}, {"NTLM"}, {b64(NTLM, string(challengeMessage()))}, {"NTLM"}}, want: nil, missing: map[Scheme]Lack{NTLM: PasswordRefused}, outcomes: []Outcome{Refused}},
		"a wrong password":           {answerer: Answerer{Allowed: all}, noLogOn: true, says: [][]string{{digestLine, basicLine}, {digestLine, basicLine}}, missing: map[Scheme]Lack{Digest: PasswordRefused, Basic: PasswordRefused}, outcomes: []Outcome{Refused}},
		"a wrong password for Basic": {answerer: Answerer{Allowed: all}, noLogOn: true, says: [][]string{{basicLine}, {basicLine}}, missing: map[Scheme]Lack{Basic: PasswordRefused}, outcomes: []Outcome{Refused}},
		"an old nonce":               {answerer: Answerer{Allowed: all}, noLogOn: true, says: [][]string{{digestLine}, {`Digest realm="r", nonce="m", qop="auth", stale=true`}, {taken}}, want: []string{"Digest", "Digest"}, outcomes: []Outcome{Taken}, used: Digest},
		"nonces that are always old": {answerer: Answerer{Allowed: all}, noLogOn: true, says: [][]string{{digestLine}, {digestLine + ", stale=true"}, {digestLine + ", stale=true"}}, missing: map[Scheme]Lack{Digest: PasswordRefused}, outcomes: []Outcome{Refused}},
		"a Digest nobody knows":      {answerer: Answerer{Allowed: all}, noLogOn: true, says: [][]string{{`Digest nonce="n", algorithm=X`, basicLine}, {taken}}, want: []string{"Basic"}, outcomes: []Outcome{Taken}, used: Basic},

		// Whom this computer does not trust gets Kerberos and nothing that can be used elsewhere.
		"the network's own proxy":            {answerer: Answerer{Allowed: all, NotVouched: true}, lack: noTicket, says: [][]string{everything}, missing: map[Scheme]Lack{Negotiate: NoTicket, NTLM: NotVouched, Digest: NotVouched, Basic: NotVouched}},
		"the network's own, with a ticket":   {answerer: Answerer{Allowed: all, NotVouched: true}, says: [][]string{everything, {taken}}, want: []string{b64(Negotiate, "N")}, used: Negotiate},
		"a weaker offer than before":         {answerer: Answerer{Allowed: all, Before: Known{Offered: []Scheme{Negotiate, Basic}, Used: Basic}}, says: [][]string{{basicLine}}, missing: map[Scheme]Lack{Basic: Weakened}},
		"NTLM where it was Kerberos":         {answerer: Answerer{Allowed: all, Before: Known{Offered: []Scheme{Negotiate}}}, says: [][]string{{"NTLM"}}, missing: map[Scheme]Lack{NTLM: Weakened}},
		"a stronger offer than before":       {answerer: Answerer{Allowed: all, Before: Known{Offered: []Scheme{Basic}, Used: Basic}}, says: [][]string{everything, {taken}}, want: []string{"unasked Basic YWRhOnMzY3JldA==", b64(Negotiate, "N")}, outcomes: []Outcome{Refused}, used: Negotiate},
		"no to what it took before":          {answerer: Answerer{Allowed: all, Before: Known{Offered: []Scheme{Negotiate, Basic}, Used: Negotiate}}, says: [][]string{{"Negotiate", basicLine}, {"Negotiate", basicLine}}, want: nil, missing: map[Scheme]Lack{Negotiate: LogOnRefused}},
		"unasked":                            {answerer: Answerer{Allowed: all, Before: Known{Offered: []Scheme{Negotiate, Basic}, Used: Negotiate}}, says: [][]string{{taken}}, want: []string{"unasked " + b64(Negotiate, "N")}, used: Negotiate},
		"unasked, without a ticket":          {answerer: Answerer{Allowed: all, Before: Known{Offered: []Scheme{Negotiate, Basic}, Used: Negotiate}}, lack: noTicket, says: [][]string{{"Negotiate", basicLine}, {taken}}, want: []string{"Basic"}, outcomes: []Outcome{Taken}, used: Basic},
		"a second round for ever":            {answerer: Answerer{Allowed: all}, says: [][]string{{"Negotiate"}, {b64(Negotiate, "x")}, {b64(Negotiate, "x")}, {b64(Negotiate, "x")}, {b64(Negotiate, "x")}}, missing: map[Scheme]Lack{Negotiate: Failing}},
		"a message that cannot be read":      {answerer: Answerer{Allowed: all}, says: [][]string{{"NTLM"}, {"NTLM ~~~"}}, missing: map[Scheme]Lack{NTLM: Failing}},
		"a message that makes no sense":      {answerer: Answerer{Allowed: all}, broken: true, says: [][]string{{"NTLM", basicLine}, {b64(NTLM, "x")}}, missing: map[Scheme]Lack{NTLM: Failing}},
		"10 MB of challenge":                 {answerer: Answerer{Allowed: all}, says: [][]string{{"Negotiate " + strings.Repeat("A", 10<<20)}}, missing: map[Scheme]Lack{"": Failing}},
		"a password that was not sent":       {answerer: Answerer{Allowed: []Scheme{NTLM, Basic}}, lack: noTicket, says: [][]string{{"NTLM", basicLine}, {"NTLM", basicLine}, {taken}}, want: []string{b64(NTLM, ""), "Basic"}, outcomes: []Outcome{Unsent, Taken}, used: Basic},
		"NTLM that is spoken by a password":  {answerer: Answerer{Allowed: []Scheme{NTLM}}, lack: noTicket, says: [][]string{{"NTLM"}, {b64(NTLM, string(challengeMessage()))}, {taken}}, outcomes: []Outcome{Taken}, used: NTLM},
		"NTLM with a password, and rubbish":  {answerer: Answerer{Allowed: []Scheme{NTLM}}, lack: noTicket, says: [][]string{{"NTLM"}, {b64(NTLM, "rubbish")}}, missing: map[Scheme]Lack{NTLM: Failing}, outcomes: []Outcome{Unsent}},
		"Basic unasked":                      {answerer: Answerer{Allowed: all, Before: Known{Offered: []Scheme{Basic}, Used: Basic}}, says: [][]string{{taken}}, want: []string{"unasked Basic YWRhOnMzY3JldA=="}, outcomes: []Outcome{Taken}, used: Basic},
		"Basic unasked, and refused":         {answerer: Answerer{Allowed: all, Before: Known{Offered: []Scheme{Basic}, Used: Basic}}, says: [][]string{{basicLine}}, missing: map[Scheme]Lack{Basic: PasswordRefused}, outcomes: []Outcome{Refused}},
		"nobody asks":                        {answerer: Answerer{Allowed: all}, says: [][]string{{taken}}},
		"endless, one scheme after another":  {answerer: Answerer{Allowed: all}, says: slices.Repeat([][]string{{"Negotiate", "NTLM"}}, 20), missing: map[Scheme]Lack{Negotiate: LogOnRefused, NTLM: Failing}, outcomes: []Outcome{Unsent}},
		"the connection's end in the middle": {answerer: Answerer{Allowed: all}, noLogOn: true, says: [][]string{{basicLine}}, want: []string{"Basic"}, outcomes: []Outcome{Unanswered}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, l, p := test.answerer, &logOn{lack: test.lack, broken: test.broken}, &passwords{}
			a.Host = "proxy.example"
			if !test.noLogOn {
				a.LogOn = l
			}
			if !test.noPass {
				a.Password = p.attempt
			}
			answers, k, err := talk(t, a, test.says...)
			if test.missing == nil && err != nil {
				t.Fatalf("it ends with %v", err)
			}
			if test.want != nil {
				for i := range answers {
					if strings.HasPrefix(answers[i], "NTLM Tl") {
						answers[i] = b64(NTLM, "") // a real message
					}
				}
				if diff := cmp.Diff(test.want, answers); diff != "" {
					t.Errorf("answers (-want +got):\n%s", diff)
				}
			}
			if test.missing != nil {
				var refused *RefusedError
				if !errors.As(err, &refused) {
					t.Fatalf("it ends with %v after %q", err, answers)
				}
				got := map[Scheme]Lack{}
				for _, m := range refused.Missing {
					got[m.Scheme] = m.Lack
				}
				if diff := cmp.Diff(test.missing, got); diff != "" {
					t.Errorf("missing (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(test.outcomes, p.outcomes); diff != "" {
				t.Errorf("the password's outcomes (-want +got):\n%s", diff)
			}
			if k.Used != test.used {
				t.Errorf("it counts as let through by %q, want %q", k.Used, test.used)
			}
			if l.open != 0 {
				t.Errorf("%d log-ons are still open", l.open)
			}
			for _, ask := range l.asked {
				if ask.Host != "proxy.example" || a.NotVouched && !ask.KerberosOnly {
					t.Errorf("asked for %+v", ask)
				}
			}
			if p.given != len(p.outcomes) {
				t.Errorf("%d passwords were given and %d told of", p.given, len(p.outcomes))
			}
		})
	}
}

// What goes out unasked is Kerberos alone, and what was offered before stays known.
func TestUnasked(t *testing.T) {
	l := &logOn{}
	a := Answerer{Allowed: AllSchemes(), LogOn: l, Before: Known{Offered: []Scheme{Negotiate, Basic}, Used: Negotiate}}
	_, k, _ := talk(t, a, []string{taken})
	if len(l.asked) != 1 || !l.asked[0].KerberosOnly {
		t.Errorf("asked for %+v", l.asked)
	}
	if diff := cmp.Diff(a.Before, k); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	for name, a := range map[string]Answerer{
		"a stranger":     {Allowed: AllSchemes(), LogOn: l},
		"forbidden":      {Allowed: []Scheme{NTLM, Basic}, LogOn: l, Before: a.Before},
		"with NTLM":      {Allowed: AllSchemes(), LogOn: l, Before: Known{Used: NTLM}},
		"with Basic":     {Allowed: AllSchemes(), LogOn: l, Before: Known{Offered: []Scheme{Digest, Basic}, Used: Basic}, Password: (&passwords{}).attempt},
		"not vouched":    {Allowed: AllSchemes(), NotVouched: true, Before: Known{Offered: []Scheme{Basic}, Used: Basic}, Password: (&passwords{}).attempt},
		"with Digest":    {Allowed: AllSchemes(), Before: Known{Offered: []Scheme{Digest}, Used: Digest}, Password: (&passwords{}).attempt},
		"with no log-on": {Allowed: AllSchemes(), Before: a.Before},
	} {
		if header := a.Begin("CONNECT", "h:443").Unasked(context.Background()); header != "" {
			t.Errorf("%s: %q goes out", name, header)
		}
	}
}

func TestWhatWouldHelp(t *testing.T) {
	_, _, err := talk(t, Answerer{Allowed: AllSchemes()}, []string{"Negotiate", basicLine})
	var refused *RefusedError
	if !errors.As(err, &refused) || !refused.WantsPassword() || refused.Lacks(Weakened) {
		t.Errorf("%v", err)
	}
	if got := err.Error(); got != "the proxy cannot be answered: Negotiate: not-here; Basic: no-password" {
		t.Errorf("it says %q", got)
	}
	if _, _, err := talk(t, Answerer{Allowed: AllSchemes()}, []string{"Bearer"}); err == nil || !strings.Contains(err.Error(), "no scheme") {
		t.Errorf("it says %v", err)
	}
}
