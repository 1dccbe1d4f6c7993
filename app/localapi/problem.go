package localapi

import (
	"strings"
	"time"
)

// Code names what went wrong. Codes are stable: scripts and translations rely
// on them. [Codes] says, for each, who can mend it and how the console exits.
type Code string

const (
	Unexpected Code = "unexpected"
	Usage      Code = "usage"

	// Sign-in needed.
	SignInNeeded  Code = "sign-in-needed"  // nobody is signed in here
	SignInExpired Code = "sign-in-expired" // invalid_grant: revoked, expired or replaced
	SignInAgain   Code = "sign-in-again"   // interaction_required and its kin

	ConsentNeeded Code = "consent-needed" // an administrator has to agree

	// Not reachable; goes away by itself.
	ProviderUnreachable Code = "provider-unreachable" // param host
	ProviderBusy        Code = "provider-busy"        // 429; params host, retry_after (seconds)
	ProviderFailing     Code = "provider-failing"     // 5xx or no JSON; params host, status
	PortalUnreachable   Code = "portal-unreachable"   // param host
	PortalFailing       Code = "portal-failing"       // params host, status

	// Configuration.
	NoPortal         Code = "no-portal"          // no address yet
	PortalAddress    Code = "portal-address"     // not an address; param address
	PortalNotHTTPS   Code = "portal-not-https"   // param address
	PortalNotFound   Code = "portal-not-found"   // 404; params host, address
	NotAPortal       Code = "not-a-portal"       // something else than a manifest; params host, address
	ManifestInvalid  Code = "manifest-invalid"   // params host, field, reason
	NoProviders      Code = "no-providers"       // param host
	UnknownProvider  Code = "unknown-provider"   // params provider, providers
	ChooseProvider   Code = "choose-provider"    // several, none named; param providers
	NotAProvider     Code = "not-a-provider"     // authority answers something else; params title, host
	ProviderConfig   Code = "provider-config"    // params title, key, reason
	ClientRejected   Code = "client-rejected"    // invalid_client, unauthorized_client, redirect; param title
	RedirectPortUsed Code = "redirect-port-used" // param port

	// Key store.
	KeyStoreMissing Code = "key-store-missing"
	KeyStoreLocked  Code = "key-store-locked"
	KeyStoreFull    Code = "key-store-full"
	KeyStoreSilent  Code = "key-store-silent" // no answer in time
	KeyStoreFailing Code = "key-store-failing"
	// The sign-in could not be deleted from this computer.
	SignOutIncomplete Code = "sign-out-incomplete"

	Cancelled Code = "cancelled"
	TimedOut  Code = "timed-out"

	Declined Code = "declined" // access_denied: the person, or a rule of the provider, said no; param title
	Refused  Code = "refused"  // the provider refused this person or device; param title

	Untrusted  Code = "untrusted"   // params title, check
	ClockWrong Code = "clock-wrong" // params skew (as in "3 h 2 min"), direction ("ahead" or "behind")

	// Between the programs.
	Busy            Code = "busy" // a sign-in is already under way
	VersionMismatch Code = "version-mismatch"
	AgentGone       Code = "agent-gone"
	BrowserMissing  Code = "browser-missing"
)

// Who can mend a problem.
type Who string

const (
	You        Who = "you"
	YourIT     Who = "it"
	TheService Who = "provider"
	// Nobody: it passes by itself.
	Nobody Who = "nobody"
)

// Exit codes of the console; scripts rely on them.
const (
	ExitDone         = 0
	ExitUnexpected   = 1
	ExitUsage        = 2
	ExitSignInNeeded = 10
	ExitConsent      = 11
	ExitUnreachable  = 12
	ExitConfig       = 13
	ExitKeyStore     = 14
	ExitCancelled    = 15
	ExitRefused      = 16
	ExitUntrusted    = 17
)

// Meaning is what a code implies.
type Meaning struct {
	Who  Who
	Exit int
}

// Codes returns the meaning of every code.
func Codes() map[Code]Meaning {
	return map[Code]Meaning{
		Unexpected: {YourIT, ExitUnexpected},
		Usage:      {You, ExitUsage},

		SignInNeeded:  {You, ExitSignInNeeded},
		SignInExpired: {You, ExitSignInNeeded},
		SignInAgain:   {You, ExitSignInNeeded},

		ConsentNeeded: {YourIT, ExitConsent},

		ProviderUnreachable: {Nobody, ExitUnreachable},
		ProviderBusy:        {Nobody, ExitUnreachable},
		ProviderFailing:     {TheService, ExitUnreachable},
		PortalUnreachable:   {Nobody, ExitUnreachable},
		PortalFailing:       {YourIT, ExitUnreachable},

		NoPortal:         {You, ExitConfig},
		PortalAddress:    {You, ExitConfig},
		PortalNotHTTPS:   {You, ExitConfig},
		PortalNotFound:   {You, ExitConfig},
		NotAPortal:       {You, ExitConfig},
		ManifestInvalid:  {YourIT, ExitConfig},
		NoProviders:      {YourIT, ExitConfig},
		UnknownProvider:  {You, ExitConfig},
		ChooseProvider:   {You, ExitUsage},
		NotAProvider:     {YourIT, ExitConfig},
		ProviderConfig:   {YourIT, ExitConfig},
		ClientRejected:   {YourIT, ExitConfig},
		RedirectPortUsed: {YourIT, ExitConfig},

		KeyStoreMissing:   {YourIT, ExitKeyStore},
		KeyStoreLocked:    {You, ExitKeyStore},
		KeyStoreFull:      {You, ExitKeyStore},
		KeyStoreSilent:    {You, ExitKeyStore},
		KeyStoreFailing:   {YourIT, ExitKeyStore},
		SignOutIncomplete: {You, ExitKeyStore},

		Cancelled: {You, ExitCancelled},
		TimedOut:  {You, ExitCancelled},

		Declined: {You, ExitRefused},
		Refused:  {YourIT, ExitRefused},

		Untrusted:  {YourIT, ExitUntrusted},
		ClockWrong: {You, ExitUntrusted},

		Busy:            {You, ExitUnexpected},
		VersionMismatch: {You, ExitUnexpected},
		AgentGone:       {You, ExitUnexpected},
		BrowserMissing:  {You, ExitUnexpected},
	}
}

// Problem is something that went wrong, in a form that programs can branch on
// and that the window and the console turn into words. It is also the error
// that [Client] returns.
type Problem struct {
	Code Code `json:"code"`
	// Params fill the placeholders of the words; which ones a code has is said
	// beside the code.
	Params map[string]string `json:"params,omitempty"`
	// Details are for support, and hidden under one line.
	Details *Details `json:"details,omitempty"`
}

// Details is what support wants to know. Nothing of it is secret.
type Details struct {
	// Error is the technical error, in English.
	Error string `json:"error,omitempty"`
	// OAuthError is the provider's own error code (RFC 6749, section 5.2).
	OAuthError string `json:"oauth_error,omitempty"`
	// Numbers are the provider's own numbers, such as AADSTS50105.
	Numbers []string `json:"numbers,omitempty"`
	// CorrelationID is what the provider wants to hear when asked.
	CorrelationID string    `json:"correlation_id,omitempty"`
	Time          time.Time `json:"time,omitzero"`
}

// Error is for logs and developers; people read the words made from the code.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(string(p.Code))
	if p.Details != nil && p.Details.Error != "" {
		b.WriteString(": ")
		b.WriteString(p.Details.Error)
	}
	return b.String()
}

// Who says who can mend the problem.
func (p *Problem) Who() Who { return p.meaning().Who }

// Exit is the console's exit code for the problem.
func (p *Problem) Exit() int { return p.meaning().Exit }

func (p *Problem) meaning() Meaning {
	if m, ok := Codes()[p.Code]; ok {
		return m
	}
	return Codes()[Unexpected]
}
