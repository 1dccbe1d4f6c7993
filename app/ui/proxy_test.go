package ui

import (
	"context"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/ui/kit"
)

const officeProxy = "proxy.contoso.example:8080"

func proxyProblem(refused bool) *localapi.Problem {
	p := &localapi.Problem{
		Code: localapi.ProxyWantsPassword, Params: map[string]string{"proxy": officeProxy, "host": "contoso.example", "wants": "Digest, Basic"},
		Details: &localapi.Details{Time: morning},
	}
	if refused {
		p.Params["refused"] = "yes"
	}
	return p
}

// proxyState is a portal behind a proxy that wants a password.
func proxyState(refused bool) localapi.State {
	s := stateOf(localapi.SignedOut)
	s.Portal, s.PortalProblem = nil, proxyProblem(refused)
	return s
}

// typeProxy fills the panel in.
func typeProxy(s *stage, name, password string) {
	s.t.Helper()
	for label, text := range map[string]string{"Name": name, "Password": password} {
		f, ok := s.find(label).(*kit.Field)
		if !ok {
			s.t.Fatalf("%s is no field", label)
		}
		test.Type(f, text)
	}
	s.settle()
}

func TestTheWindowAsksForAProxysPassword(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(proxyState(false))
		s.reads("wants a name and a password", "proxy.contoso.example:8080")
		s.tap("Enter name and password")
		s.reads("The proxy proxy.contoso.example:8080 wants a name and a password")
		s.tap("Continue")
		if slices.ContainsFunc(s.agent.asked(), func(call string) bool { return strings.HasPrefix(call, "proxy") }) {
			t.Fatal("nothing was typed, and it was sent")
		}
		typeProxy(s, " ada ", "s3cret")
		if slices.ContainsFunc(s.texts(), func(text string) bool { return strings.Contains(text, "s3cret") }) {
			t.Error("the password can be read")
		}
		s.agent.proxyErr = &localapi.Problem{Code: localapi.KeyStoreLocked}
		s.tap("Continue")
		s.reads("Your key store is locked")
		s.agent.proxyErr = nil
		typeProxy(s, "", "s3cret2")
		s.tap("Continue")
		asked := s.agent.asked()
		if want := "proxy password " + officeProxy + " ada s3cret2 remembered"; !slices.Contains(asked, want) {
			t.Errorf("the agent was asked for %q, want %q", asked, want)
		}
		if last := asked[len(asked)-1]; last != "refresh" {
			t.Errorf("after that it was asked for %q", last)
		}
		if s.w.dialogs.popup.Open() {
			t.Error("the panel stays")
		}
	})
}

func TestAPasswordForAProxyNeedNotBeRemembered(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(proxyState(true))
		s.reads("has not taken")
		s.tap("Enter name and password")
		s.reads("may lock your account")
		s.tap("Remember on this computer, on")
		typeProxy(s, "ada", "s3cret")
		s.tap("Continue")
		if want := "proxy password " + officeProxy + " ada s3cret"; !slices.Contains(s.agent.asked(), want) {
			t.Errorf("the agent was asked for %q, want %q", s.agent.asked(), want)
		}
	})
}

// At the first start the address is looked at again once there is a password, and a second
// refusal can be seen.
func TestAPasswordForAProxyAtTheFirstStart(t *testing.T) {
	onStage(t, scene{}, func(s *stage) {
		s.hear(unconfigured())
		answer := error(proxyProblem(false))
		s.agent.check = func(context.Context, string) (localapi.PortalCheck, error) {
			return localapi.PortalCheck{Name: "Contoso IT", Address: "https://contoso.example"}, answer
		}
		typeAddress(s, "contoso.example")
		s.key(fyne.KeyReturn)
		for _, refused := range []bool{false, true} {
			answer = proxyProblem(refused)
			s.tap("Enter name and password")
			typeProxy(s, "ada", "mistyped")
			s.tap("Continue")
		}
		s.reads("has not taken the name and the password")
		if s.w.win.Canvas().Focused() != s.find("Enter name and password").(fyne.Focusable) {
			t.Error("the keyboard is not at the button that leads on")
		}
		s.key(fyne.KeySpace)
		answer = nil
		typeProxy(s, "ada", "s3cret")
		s.tap("Continue")
		if asked := s.agent.asked(); !slices.Contains(asked, "set https://contoso.example") {
			t.Errorf("Enter was pressed at the address, and it is not taken: %q", asked)
		}
	})
}

// Wherever the problem is told, the panel is near: at the door, over Home, at the first
// start.
func TestThePanelIsNearTheProblem(t *testing.T) {
	door := stateOf(localapi.SignedOut)
	door.Session.Problem = proxyProblem(false)
	offline := signedInState()
	offline.Session.Phase, offline.Session.Problem = localapi.Offline, proxyProblem(false)
	for name, act := range map[string]func(*stage){
		"the door": func(s *stage) { s.hear(door) },
		"Home":     func(s *stage) { s.hear(offline); s.tap("Details") },
	} {
		t.Run(name, func(t *testing.T) {
			onStage(t, scene{}, func(s *stage) {
				act(s)
				s.tap("Enter name and password")
				s.reads("The proxy " + officeProxy + " wants a name and a password")
			})
		})
	}
}
