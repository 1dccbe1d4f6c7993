package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestProxy(t *testing.T) {
	known := []localapi.Proxy{{Proxy: "proxy.example:8080", Used: "Basic", Offered: []string{"Basic"}, Password: true}, {Proxy: "other.example:1", Password: true, Refused: true}}
	set := func(name, password string, remember bool) any {
		return localapi.ProxyPasswordRequest{Proxy: "proxy.example:8080", Name: name, Password: password, Remember: remember}
	}
	for name, tc := range map[string]struct {
		args     []string
		in       string
		terminal bool
		own      bool
		known    []localapi.Proxy
		asked    any
		exit     int
		has      string
	}{
		"list":                    {known: known, has: "lets you through by Basic; a password is kept"},
		"list, and a refused one": {known: known, has: "has refused the password"},
		"list of nothing":         {has: "knows no proxy"},
		"set, from a pipe":        {args: []string{"set", "proxy.example:8080", "--name", "ada"}, in: "s3cret\n", asked: set("ada", "s3cret", true), has: "once"},
		"set, at a terminal":      {args: []string{"set", "proxy.example:8080"}, in: "ada\ns3cret with blanks \n", terminal: true, asked: set("ada", "s3cret with blanks ", true), has: "Name for the proxy"},
		"set, for this run":       {args: []string{"set", "proxy.example:8080", "--name", "ada", "--this-run"}, in: "s3cret\n", asked: set("ada", "s3cret", false)},
		"set, for no run":         {args: []string{"set", "proxy.example:8080", "--name", "ada", "--this-run"}, in: "s3cret\n", own: true, exit: 2, has: "not running"},
		"set without a name":      {args: []string{"set", "proxy.example:8080"}, in: "s3cret\n", exit: 2, has: "--name"},
		"set without a password":  {args: []string{"set", "proxy.example:8080", "--name", "ada"}, exit: 2, has: "A name and a password"},
		"set of nothing":          {args: []string{"set"}, exit: 2, has: "Which proxy"},
		"forget":                  {args: []string{"forget", "proxy.example:8080"}, known: known, asked: localapi.ProxyRequest{Proxy: "proxy.example:8080"}, has: "knows nothing of"},
		"forget an unknown one":   {args: []string{"forget", "nobody:1"}, asked: localapi.ProxyRequest{Proxy: "nobody:1"}, has: "knew nothing"},
		"forget with a name":      {args: []string{"forget", "proxy.example:8080", "--name", "ada"}, exit: 2, has: "--name"},
		"something else":          {args: []string{"take", "proxy.example:8080"}, exit: 2, has: "take"},
		"too much":                {args: []string{"forget", "a:1", "b:2"}, exit: 2, has: "b:2"},
	} {
		for _, form := range []string{"text", "json"} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(state(localapi.SignedOut))
				a.proxies = tc.known
				c := newConsole(a, tc.own)
				c.in, c.terminal = strings.NewReader(tc.in), tc.terminal
				args := append([]string{"proxy"}, tc.args...)
				if form == "json" {
					args = append(args, "--json")
				}
				if code := c.run(t.Context(), t, args...); code != tc.exit {
					t.Errorf("exit %d, want %d\n%s%s", code, tc.exit, &c.out, &c.progress)
				}
				text := c.out.String() + c.progress.String()
				if form == "text" && !strings.Contains(text, tc.has) {
					t.Errorf("no %q in\n%s", tc.has, text)
				}
				if strings.Contains(text, "s3cret") {
					t.Errorf("the password is shown: %s", text)
				}
				if tc.terminal && (c.hidden != 1 || c.shown != 1) {
					t.Errorf("hidden %d times, shown again %d times", c.hidden, c.shown)
				}
				var asked any
				if len(a.asked) > 0 {
					asked = a.asked[0]
				}
				if diff := cmp.Diff(tc.asked, asked); diff != "" {
					t.Errorf("the agent was asked (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// A person at a terminal whose sign-in is kept up by a proxy is asked, once; a script is
// not.
func TestLoginAsksForTheProxysPassword(t *testing.T) {
	wants := &localapi.Problem{Code: localapi.ProxyWantsPassword, Params: map[string]string{"proxy": "proxy.example:8080"}}
	for name, tc := range map[string]struct {
		terminal, json, asks bool
	}{"at a terminal": {true, false, true}, "a script": {false, false, false}, "a program at a terminal": {true, true, false}} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedOut))
			a.errs["SignIn"] = wants
			c := newConsole(a, false)
			c.terminal = tc.terminal
			c.in = strings.NewReader("ada\ns3cret\n")
			args := []string{"login"}
			if tc.json {
				args = append(args, "--json")
			}
			if code := c.run(t.Context(), t, args...); code != localapi.ExitUnreachable {
				t.Errorf("exit %d\n%s", code, &c.progress)
			}
			signIns, set := 0, 0
			for _, what := range a.asked {
				switch req := what.(type) {
				case localapi.SignInRequest:
					signIns++
				case localapi.ProxyPasswordRequest:
					set++
					if req.Proxy != "proxy.example:8080" || req.Name != "ada" || req.Password != "s3cret" || !req.Remember {
						t.Errorf("%+v", req)
					}
				}
			}
			if want := map[bool]int{true: 1}[tc.asks]; set != want || signIns != want+1 {
				t.Errorf("the password was set %d times and a sign-in begun %d times\n%s", set, signIns, &c.progress)
			}
		})
	}
}
