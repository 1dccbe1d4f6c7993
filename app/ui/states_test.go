package ui

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// The states that screens are drawn from. Contoso does not exist.

func contoso() *localapi.Portal {
	return &localapi.Portal{
		Name: "Contoso IT", Host: "contoso.example", Accent: "#0F6CBD",
		Support: localapi.Support{
			Email: "help@contoso.example", MailTo: "mailto:help@contoso.example", Phone: "+49 30 901820", Tel: "tel:+4930901820",
			Hours: "Mon to Fri, 8:00 to 18:00", URL: "https://help.contoso.example/",
		},
		Providers: []localapi.Provider{
			{ID: "m365", Title: "Microsoft 365", Codes: true},
			{ID: "partner", Title: "Contoso Partner Login"},
		},
		Apps: []localapi.App{
			{ID: "mail", Title: "Mail", Icon: "mail", URL: "https://mail.contoso.example/", Keywords: []string{"inbox", "outlook"}},
			{ID: "files", Title: "Files", Icon: "files", URL: "https://files.contoso.example/", Keywords: []string{"documents"}},
			{ID: "payroll", Title: "Payroll", Icon: "money", URL: "https://payroll.contoso.example/"},
			{ID: "crm", Title: "CRM", URL: "https://crm.contoso.example/"},
			{ID: "time", Title: "Time", Icon: "clock", URL: "https://time.contoso.example/"},
			{ID: "wiki", Title: "Wiki", URL: "https://wiki.contoso.example/"},
		},
	}
}

func ada() *localapi.Account {
	return &localapi.Account{
		ID: "a1", Provider: "m365", Name: "Ada Lovelace", GivenName: "Ada", Email: "ada@contoso.example",
		EmailVerified: true, Issuer: "https://login.example", Subject: "42", Remembered: true,
	}
}

func stateOf(phase localapi.Phase) localapi.State {
	return localapi.State{
		API: localapi.Version, Build: "0.1.0", Revision: 1,
		PortalAddress: "https://contoso.example", Portal: contoso(), PortalChecked: morning,
		Session:  localapi.Session{Phase: phase, Since: morning},
		Settings: untouched(), Tray: true,
	}
}

// untouched are the settings of somebody who has not changed any.
func untouched() []localapi.Setting {
	onOff := []string{"always", "never"}
	return []localapi.Setting{
		{Key: "PortalURL", Value: "https://contoso.example", Own: true},
		{Key: "RememberMe", Value: "always", Values: onOff},
		{Key: "Browser"},
		{Key: "Autostart", Value: "always", Values: onOff},
		{Key: "StartHidden", Value: "always", Values: onOff},
		{Key: "CloseToTray", Value: "always", Values: onOff},
		{Key: "Language", Value: "system", Values: []string{"system", "en", "de"}},
		{Key: "Theme", Value: "system", Values: []string{"system", "light", "dark"}},
		{Key: "QuietHours"}, // waits for a later version
	}
}

// decide has IT decide a setting.
func decide(s localapi.State, key, value string) localapi.State {
	s.Settings = slices.Clone(s.Settings)
	for i := range s.Settings {
		if s.Settings[i].Key == key {
			s.Settings[i].Value, s.Settings[i].Locked = value, true
		}
	}
	return s
}

// managedState is a computer on which IT has decided much.
func managedState() localapi.State {
	s := signedInState()
	s.Managed = &localapi.Managed{Name: "Contoso IT", URL: "https://intranet.contoso.example/portico"}
	for key, value := range map[string]string{
		"PortalURL": "https://contoso.example", "Autostart": "always", "CloseToTray": "never",
		"RememberMe": "never", "Theme": "system", "Browser": "firefox-esr.desktop",
	} {
		s = decide(s, key, value)
	}
	return s
}

// kioskState is a computer that people use in turn.
func kioskState() localapi.State {
	s := decide(signedInState(), "RememberMe", "never")
	s.Kiosk = true
	return s
}

// turnedOffState is a computer on which IT lets nobody sign in.
func turnedOffState() localapi.State {
	s := stateOf(localapi.Blocked)
	s.Managed = &localapi.Managed{Name: "Contoso IT"}
	s.Session.Problem = &localapi.Problem{
		Code: localapi.SignInTurnedOff, Params: map[string]string{"by": "Contoso IT"},
		Details: &localapi.Details{Time: morning},
	}
	return s
}

// otherDomainState is somebody whose address IT does not let in.
func otherDomainState() localapi.State {
	s := wrongAccountState()
	s.Session.Problem = &localapi.Problem{
		Code: localapi.DomainNotAllowed,
		Params: map[string]string{
			"title": "Microsoft 365", "domain": "fabrikam.example", "domains": "contoso.example", "key": "AllowedDomains",
		},
		Details: &localapi.Details{Time: morning},
	}
	return s
}

// brokenReport is a check that has found a proxy in the way.
func brokenReport() localapi.CheckReport {
	down := &localapi.Problem{
		Code: localapi.ProxyWantsPassword, Params: map[string]string{"proxy": "proxy.contoso.example:8080", "host": "contoso.example"},
		Details: &localapi.Details{Error: "407 Proxy Authentication Required", Time: morning},
	}
	return localapi.CheckReport{
		Time: morning, Build: "0.1.0", OS: "linux", Arch: "amd64", Cause: "proxy",
		Checks: []localapi.CheckResult{
			{ID: "policy", Status: localapi.CheckGood, Facts: []string{"source: /etc/portico/policy.json"}},
			{ID: "clock", Status: localapi.CheckGood, Facts: []string{"difference: 0.2 s"}},
			{ID: "dns", Status: localapi.CheckGood, Subject: "contoso.example", Facts: []string{"addresses: 192.0.2.10"}},
			{ID: "proxy", Status: localapi.CheckBad, Subject: "proxy.contoso.example:8080", Problem: down, Facts: []string{"source: environment", "asks for: Negotiate"}},
			{ID: "manifest", Status: localapi.CheckSkipped, Subject: "contoso.example"},
			{ID: "key-store", Status: localapi.CheckWarning, Problem: &localapi.Problem{Code: localapi.KeyStoreLocked}},
			{ID: "browser", Status: localapi.CheckGood, Subject: "Firefox ESR"},
		},
	}
}

func goodReport() localapi.CheckReport {
	r := brokenReport()
	r.Cause = ""
	for i := range r.Checks {
		r.Checks[i].Status, r.Checks[i].Problem = localapi.CheckGood, nil
	}
	return r
}

func someBundle() localapi.Bundle {
	log := strings.Repeat("time=2026-11-23T09:12:00.000Z level=INFO msg=\"the portal was read\" host=contoso.example status=304 took=41ms\n", 400)
	return localapi.Bundle{
		Name: "portico-support-20261123-091200.zip", Time: morning,
		Files: []localapi.BundleFile{
			{Name: "doctor.txt", Text: "Portico 0.1.0\n\n[bad] proxy.contoso.example:8080\n"},
			{Name: "policy.json", Text: "{\n\t\"settings\": []\n}\n"},
			{Name: "portico-agent.log", Text: log},
		},
	}
}

func unconfigured() localapi.State {
	s := stateOf(localapi.Unconfigured)
	s.PortalAddress, s.Portal, s.PortalChecked = "", nil, time.Time{}
	return s
}

func signedOutState() localapi.State { return stateOf(localapi.SignedOut) }

func refusedState() localapi.State {
	s := signedOutState()
	s.Session.Problem = &localapi.Problem{
		Code: localapi.Refused, Params: map[string]string{"title": "Microsoft 365"},
		Details: &localapi.Details{
			Error: "access_denied", OAuthError: "access_denied", Numbers: []string{"AADSTS50105"},
			CorrelationID: "5d1f6a40-7f3e-4d0e-9a55-1c2f7f6f3c11", Time: morning,
		},
	}
	return s
}

func waitingState() localapi.State {
	s := stateOf(localapi.SigningIn)
	s.Session.Provider = "m365"
	s.Session.SignIn = &localapi.SignIn{
		Provider: "m365", Stage: localapi.StageBrowser, URL: "https://login.example/authorize?state=made-up",
		Started: morning.Add(-80 * time.Second), Deadline: morning.Add(220 * time.Second),
	}
	return s
}

func codeState() localapi.State {
	s := waitingState()
	s.Session.SignIn.Stage = localapi.StageDevice
	s.Session.SignIn.URL = "https://login.example/device?user_code=WDJB-MJHT"
	s.Session.SignIn.UserCode = "WDJB-MJHT"
	s.Session.SignIn.VerificationURL = "https://login.example/device"
	return s
}

func blockedState() localapi.State {
	s := stateOf(localapi.Blocked)
	s.Session.Provider, s.Session.Account = "m365", ada()
	s.Session.Problem = &localapi.Problem{
		Code: localapi.ConsentNeeded, Params: map[string]string{
			"title": "Microsoft 365", "client_id": "6f1c2f0e-0000-4000-8000-c0ffee000001", "dialect": "entra",
		},
		Details: &localapi.Details{
			Error: "consent_required", OAuthError: "invalid_grant", Numbers: []string{"AADSTS65001"},
			CorrelationID: "5d1f6a40-7f3e-4d0e-9a55-1c2f7f6f3c11", Time: morning,
		},
	}
	return s
}

// consentState is the first day at a company whose administrator has not agreed.
func consentState() localapi.State {
	s := blockedState()
	s.Session.Account = nil
	s.Session.Consent = &localapi.Consent{
		Provider: "m365", Tenant: "contoso.example", Waiting: true,
		URL: "https://login.microsoftonline.com/contoso.example/v2.0/adminconsent?client_id=6f1c2f0e-0000-4000-8000-c0ffee000001" +
			"&scope=openid+email+profile+offline_access&redirect_uri=http%3A%2F%2Flocalhost%3A49152%2F&state=made-up",
		Mail:     "mailto:?subject=Please%20approve%20Contoso%20IT&body=made-up",
		NextLook: morning.Add(time.Minute), Deadline: morning.Add(24 * time.Hour),
	}
	return s
}

// askedState is the same after the person has asked the administrator in the
// browser, at a provider that has no page to send.
func askedState() localapi.State {
	s := consentState()
	s.Session.Problem.Code = localapi.ConsentRequested
	s.Session.Consent.URL, s.Session.Consent.Waiting = "", false
	return s
}

// policyState is a refusal that the person cannot mend.
func policyState() localapi.State {
	s := blockedState()
	s.Session.Problem = &localapi.Problem{
		Code: localapi.BlockedByPolicy, Params: map[string]string{
			"title": "Microsoft 365", "dialect": "entra", "correlation_id": "5d1f6a40-7f3e-4d0e-9a55-1c2f7f6f3c11",
		},
		Details: &localapi.Details{
			Error: "access_denied", OAuthError: "access_denied", Numbers: []string{"AADSTS53003"},
			CorrelationID: "5d1f6a40-7f3e-4d0e-9a55-1c2f7f6f3c11", Time: morning,
		},
	}
	return s
}

// registrationState is a refusal that tells the IT team what to click.
func registrationState() localapi.State {
	s := signedOutState()
	s.Session.Problem = &localapi.Problem{
		Code: localapi.RedirectNotRegistered, Params: map[string]string{
			"title": "Microsoft 365", "redirect": "http://localhost", "client_id": "6f1c2f0e-0000-4000-8000-c0ffee000001", "dialect": "entra",
		},
		Details: &localapi.Details{
			Error: "invalid_request", OAuthError: "invalid_request", Numbers: []string{"AADSTS50011"},
			CorrelationID: "5d1f6a40-7f3e-4d0e-9a55-1c2f7f6f3c11", Time: morning,
		},
	}
	return s
}

func clockState() localapi.State {
	s := blockedState()
	s.Session.Problem = &localapi.Problem{
		Code: localapi.ClockWrong, Params: map[string]string{"title": "Microsoft 365", "skew": "3 h 2 min", "direction": "behind"},
		Details: &localapi.Details{Error: "the provider's clock says 2026-11-23 12:14:00 UTC", Time: morning},
	}
	return s
}

func wrongAccountState() localapi.State {
	s := blockedState()
	s.Session.Problem.Code = localapi.WrongAccount
	s.Session.Problem.Details.Numbers = []string{"AADSTS50020"}
	return s
}

// several are the accounts that a computer remembers: two people, one of whom is
// somebody's guest as well.
func several() []localapi.Account {
	guest := *ada()
	guest.ID, guest.Provider, guest.Email, guest.Guest = "a2", "partner", "ada_contoso.example#EXT#@fabrikam.example", true
	grace := localapi.Account{
		ID: "g1", Provider: "m365", Name: "Grace Hopper", GivenName: "Grace", Email: "grace@contoso.example",
		Issuer: "https://login.example", Subject: "43", Remembered: true,
	}
	return []localapi.Account{*ada(), grace, guest}
}

func addressFirstState() localapi.State {
	s := signedOutState()
	s.Portal.AddressFirst = true
	return s
}

// impersonatedState is support at work in Ada's portal.
func impersonatedState() localapi.State {
	s := signedInState()
	s.Session.Account.Actor, s.Session.Account.Remembered = "Grace (support)", false
	return s
}

func describedState() localapi.State {
	s := signedOutState()
	s.Portal.Providers[0].Description = "Employees of Contoso"
	s.Portal.Providers[1].Description = "Suppliers and guests"
	return s
}

func needsSignInState() localapi.State {
	s := stateOf(localapi.NeedsSignIn)
	s.Session.Provider, s.Session.Account = "m365", ada()
	s.Session.Problem = &localapi.Problem{
		Code: localapi.SignInExpired, Params: map[string]string{"title": "Microsoft 365"},
		Details: &localapi.Details{Error: "invalid_grant", OAuthError: "invalid_grant", Time: morning},
	}
	return s
}

func portalTroubleState() localapi.State {
	s := stateOf(localapi.SignedOut)
	s.Portal, s.PortalChecked = nil, time.Time{}
	s.PortalProblem = &localapi.Problem{
		Code: localapi.PortalUnreachable, Params: map[string]string{"host": "contoso.example"},
		Details: &localapi.Details{Error: "dial tcp: lookup contoso.example: no such host", Time: morning},
	}
	return s
}

func signedInState() localapi.State {
	s := stateOf(localapi.SignedIn)
	s.Session.Provider, s.Session.Account = "m365", ada()
	return s
}

func offlineState() localapi.State {
	s := signedInState()
	s.Session.Phase = localapi.Offline
	s.Session.Problem = &localapi.Problem{Code: localapi.ProviderUnreachable, Params: map[string]string{"host": "login.example"}}
	s.Notices = []localapi.Problem{{Code: localapi.KeyStoreMissing}}
	return s
}

// groupedState is the demo portal's: groups, and more in them than fits.
func groupedState() localapi.State {
	s := signedInState()
	apps := s.Portal.Apps
	for i := range apps {
		apps[i].Group = "Every day"
		if i >= 3 {
			apps[i].Group = "Company"
		}
	}
	s.Portal.Apps = append(apps,
		localapi.App{ID: "write", Title: "Write to IT", Icon: "chat", Group: "Help", URL: "mailto:help@contoso.example"},
		localapi.App{ID: "long", Title: "Purchase requisitions and approvals", Icon: "ticket", Group: "Help", URL: "https://buy.contoso.example/"})
	return s
}

func logoFile() []byte {
	data, err := os.ReadFile("../../cmd/internal/demoportal/site/logo.svg")
	if err != nil {
		panic(err)
	}
	return data
}
