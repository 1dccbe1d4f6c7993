package localapi

import (
	"errors"
	"strings"
	"sync"
	"time"
)

// Code names a problem. Codes are stable: scripts and translations rely on them. [Codes]
// says, for each, who can mend it and how the console exits.
type Code string

const (
	Unexpected Code = "unexpected"
	Usage      Code = "usage"

	// Sign-in needed.
	SignInNeeded      Code = "sign-in-needed"      // nobody is signed in here
	SignInExpired     Code = "sign-in-expired"     // invalid_grant without more said
	SignInLapsed      Code = "sign-in-lapsed"      // unused for too long
	SignInRevoked     Code = "sign-in-revoked"     // password change, or an administrator
	SignInAgain       Code = "sign-in-again"       // interaction_required and its kin
	SignInFrequency   Code = "sign-in-frequency"   // a rule limits how long sign-ins last
	SignInInterrupted Code = "sign-in-interrupted" // a code that was used, or lapsed: start again
	SignInOver        Code = "sign-in-over"        // nothing to renew it with: see NoRefreshToken
	SignOutUntold     Code = "sign-out-untold"     // deleted here; its provider could not be told; param host
	SignInNotSaved    Code = "sign-in-not-saved"   // renewed, and Portico ended before the new token could be kept
	SignInChanged     Code = "sign-in-changed"     // IT has changed how people sign in, during a sign-in: start again
	SecondFactor      Code = "second-factor"       // due, or to be set up
	PasswordExpired   Code = "password-expired"

	ConsentNeeded    Code = "consent-needed"    // an administrator has to agree; params title, tenant
	ConsentRequested Code = "consent-requested" // an administrator was asked; params title, tenant
	ConsentByPerson  Code = "consent-by-person" // the person has not agreed yet

	// Not reachable; goes away by itself.
	ProviderUnreachable Code = "provider-unreachable" // param host
	ProviderBusy        Code = "provider-busy"        // 429; params host, retry_after (seconds)
	ProviderFailing     Code = "provider-failing"     // 5xx or no JSON; params host, status
	TooManyTries        Code = "too-many-tries"       // the provider wants a pause of minutes
	NameNotFound        Code = "name-not-found"       // the name of host is not known here; param host
	ProxyWantsPassword  Code = "proxy-wants-password" // 407, and a name and a password would help; params proxy, wants, refused, lack
	ProxyLogOn          Code = "proxy-log-on"         // 407, and a name and a password would not help; params proxy, wants, lack
	ProxyWeaker         Code = "proxy-weaker"         // it offers less than before; params proxy, wants
	ProxyUnreachable    Code = "proxy-unreachable"    // param proxy
	NetworkSignIn       Code = "network-sign-in"      // a captive portal answered; param host
	PortalUnreachable   Code = "portal-unreachable"   // params host, in_use (if the address has been good before, or is IT's)
	PortalFailing       Code = "portal-failing"       // params host, status

	// Configuration.
	NoPortal        Code = "no-portal"        // no address yet
	PortalAddress   Code = "portal-address"   // not an address; param address
	PortalNotHTTPS  Code = "portal-not-https" // param address
	PortalNotFound  Code = "portal-not-found" // 404; params host, address
	NotAPortal      Code = "not-a-portal"     // something else than a manifest; params host, address
	ManifestInvalid Code = "manifest-invalid" // params host, field, reason
	// ManifestTooLarge: larger than the limit; params host, limit (as in "1 MiB").
	ManifestTooLarge Code = "manifest-too-large"
	// ManifestUnknownKey: an ignored member, told only to people who set the portal up;
	// params field (its place), suggestion (the name probably meant, if one is close).
	ManifestUnknownKey Code = "manifest-unknown-key"
	// ManifestUnused: a part that is not used as it stands, told only to people who set
	// the portal up; params field, reason.
	ManifestUnused   Code = "manifest-unused"
	NoProviders      Code = "no-providers"       // param host
	UnknownProvider  Code = "unknown-provider"   // params provider, providers
	UnknownAccount   Code = "unknown-account"    // no such remembered account; param account
	ChooseProvider   Code = "choose-provider"    // several, none named; param providers
	NobodysAddress   Code = "nobodys-address"    // no provider is for this address; params address, providers
	NotThisSignIn    Code = "not-this-sign-in"   // a pasted address with no answer to this sign-in, or a text without a known error
	NotAProvider     Code = "not-a-provider"     // authority answers something else; params title, host
	ProviderConfig   Code = "provider-config"    // params title, key, reason
	ProviderSetting  Code = "provider-setting"   // the provider's own, by its name in the metadata; params title, key, reason
	RedirectPortUsed Code = "redirect-port-used" // param port
	ExtraCAFile      Code = "extra-ca-file"      // the file of extra authorities cannot be used; param file
	NoDeviceCodes    Code = "no-device-codes"    // the provider gives none, or not to this registration; param title

	// Policies, and the person's settings. Params: key; source and where (see
	// [PolicySetting]), value, allowed (in English), form (the words "allowed.FORM" say
	// it in other languages, with min and max), suggestion as they are known, and line
	// and column if the source is a file with lines. hint says how it has to be written
	// in JSON: "unquoted" or "brackets". found and wanted are types of the Windows
	// registry, as in REG_SZ, if they differ.
	//
	// PolicyWrong: a value of the wrong type, or none of those allowed. A fault within a
	// list has params field and reason instead of value.
	PolicyWrong Code = "policy-wrong"
	// PolicyUnclear: as PolicyWrong, about the right to sign in, so that nobody may;
	// param by as well. With the param instead, it is an unreadable source, as in
	// PolicyUnreadable.
	PolicyUnclear    Code = "policy-unclear"
	PolicyUnknownKey Code = "policy-unknown-key" // params key, where, suggestion
	PolicyUnreadable Code = "policy-unreadable"  // the source itself: cannot be read, is malformed or too large; params where, at, reason, instead
	PolicyUnsafe     Code = "policy-unsafe"      // others may write the source; params where, instead
	PolicyPrivate    Code = "policy-private"     // counts, and others cannot read the source; params where, reason
	// PolicyTwice: a source says a key twice, and the last one counts; params key, at (where, with line and column).
	PolicyTwice Code = "policy-twice"
	// PolicyType: a value of the registry has another type than its key, and counts all the
	// same; params key, value, found and wanted, as in REG_SZ.
	PolicyType Code = "policy-type"
	// PolicyNotPersonal: the person's settings hold a decision reserved for IT; params
	// key, where.
	PolicyNotPersonal Code = "policy-not-personal"
	SettingManaged    Code = "setting-managed"    // params key, by
	SettingWrong      Code = "setting-wrong"      // params key, value, allowed
	SettingIgnored    Code = "setting-ignored"    // in the file of the person's settings; params key, value, allowed, where
	SignInTurnedOff   Code = "sign-in-turned-off" // by the policy SignInEnabled; param by

	// The registration at the provider; all have param title.
	ClientRejected        Code = "client-rejected"         // invalid_client and kin, without more said; param method (as ProviderSetup.ClientAuth)
	RedirectNotRegistered Code = "redirect-not-registered" // param redirect
	RedirectIsSPA         Code = "redirect-is-spa"         // registered as a single-page application; param redirect
	AppSingleTenant       Code = "app-single-tenant"       // the authority is for several
	AppUnknown            Code = "app-unknown"             // not in this directory
	TenantUnknown         Code = "tenant-unknown"          // the authority names no directory
	SecretNotWanted       Code = "secret-not-wanted"       // sent by a public client
	SecretWanted          Code = "secret-wanted"           // of a public client
	SecretMissing         Code = "secret-missing"          // none was set here; param provider
	SecretWrong           Code = "secret-wrong"            // param provider
	SecretExpired         Code = "secret-expired"          // param provider
	SecretExpiresSoon     Code = "secret-expires-soon"     // a notice; params provider, days
	ClientKeyMissing      Code = "client-key-missing"      // none was made here; param provider
	ClientKeyUnusable     Code = "client-key-unusable"     // params provider, reason
	ScopeRefused          Code = "scope-refused"
	RequestRejected       Code = "request-rejected"
	// NoRefreshToken: a notice. Somebody is signed in, and the provider gives nothing to
	// renew the sign-in with, or to be remembered by; params provider, field ("scopes")
	// if the portal's description does not ask for it.
	NoRefreshToken Code = "no-refresh-token"

	// Key store. Params of all: unspent if the sign-in was not renewed because the next
	// one could not be kept, unsaved if one is held in memory alone, and lost at a
	// restart.
	KeyStoreMissing Code = "key-store-missing"
	KeyStoreLocked  Code = "key-store-locked"
	KeyStoreFull    Code = "key-store-full"
	KeyStoreSilent  Code = "key-store-silent" // no answer in time
	KeyStoreFailing Code = "key-store-failing"
	// KeyStoreNotSetUp: it is there, and has no place yet for a sign-in.
	KeyStoreNotSetUp Code = "key-store-not-set-up"
	// QueueTooLong: other processes of this person were using the sign-in for too long.
	QueueTooLong Code = "queue-too-long"
	// The sign-in could not be deleted from this computer.
	SignOutIncomplete Code = "sign-out-incomplete"

	// Params of both: strays (the number of answers to other sign-ins; without it none).
	Cancelled Code = "cancelled"
	TimedOut  Code = "timed-out"
	// Interrupted: a command other than a sign-in was called off.
	Interrupted Code = "interrupted"
	// TookTooLong: a command other than a sign-in had no answer within its --timeout.
	TookTooLong Code = "took-too-long"

	// The provider refuses this person or device; all have param title.
	Declined             Code = "declined"           // access_denied: the person, or a rule of the provider, said no
	Refused              Code = "refused"            // without more said
	BlockedByPolicy      Code = "blocked-by-policy"  // conditional access
	DeviceNotManaged     Code = "device-not-managed" // or not compliant
	NotAssigned          Code = "not-assigned"       // to the application
	WrongAccount         Code = "wrong-account"      // not in this directory, or a guest who has not accepted
	AccountLocked        Code = "account-locked"
	AccountDisabled      Code = "account-disabled"
	TenantRestricted     Code = "tenant-restricted" // tenant restrictions, cross-tenant access
	PartnerNotAuthorised Code = "partner-not-authorised"
	TenantNotAllowed     Code = "tenant-not-allowed" // by the portal; param tenant
	DomainNotAllowed     Code = "domain-not-allowed" // by the policy AllowedDomains; params domain, domains
	PersonalAccount      Code = "personal-account"   // not allowed by the portal

	Untrusted          Code = "untrusted"           // params title, check
	CertificateUnknown Code = "certificate-unknown" // of an unknown authority: interception, or a private one; params host, issuer
	CertificateExpired Code = "certificate-expired" // param host
	CertificateName    Code = "certificate-name"    // for another host; param host
	ClockWrong         Code = "clock-wrong"         // params skew (as in "3 h 2 min"), direction ("ahead" or "behind")

	// The doctor's other findings about this computer; see [Diagnostics.Check].
	NoNetwork              Code = "no-network"               // no name server answers; param host
	ProxyScript            Code = "proxy-script"             // one is set up and could not be asked; params script, install
	CertificateExpiresSoon Code = "certificate-expires-soon" // params host, days
	PostQuantumBlocked     Code = "post-quantum-blocked"     // by a device on the way to a host; param host
	MetadataCopyOld        Code = "metadata-copy-old"        // a provider is to be reached elsewhere than its copied metadata say; param title
	LoopbackBlocked        Code = "loopback-blocked"         // nobody can listen on or connect to address; param address
	LoopbackHalf           Code = "loopback-half"            // one of 127.0.0.1 and ::1 does not work; param address
	DataFolder             Code = "data-folder"              // cannot be written; params file, reason
	RuntimeFolder          Code = "runtime-folder"           // the programs' meeting place is not this person's alone; param file
	FolderOfPerson         Code = "folder-of-person"         // root runs this among somebody's folders; params file, owner
	FolderOfOther          Code = "folder-of-other"          // another user could decide there what this program does; params file, owner
	FolderInHome           Code = "folder-in-home"           // another user owns a folder in this person's home; params file, owner, command (which makes it theirs)
	FolderOpen             Code = "folder-open"              // others may write there; params file, command (which keeps them out)
	FolderMounted          Code = "folder-mounted"           // others may write there, as its file system is mounted; param file
	FolderOfRoot           Code = "folder-of-root"           // root has this person's folders; params file, command (which gives them back)
	LooksAtRoot            Code = "looks-at-root"            // a notice: root asked, and was told about root
	DiskFull               Code = "disk-full"                // params file, free (as in "12 MB")
	NoNotifications        Code = "no-notifications"
	NoTray                 Code = "no-tray"
	NoGraphics             Code = "no-graphics" // param reason
	AutostartMissing       Code = "autostart-missing"

	// Between the programs.
	Busy            Code = "busy" // a sign-in is already under way
	VersionMismatch Code = "version-mismatch"
	AgentGone       Code = "agent-gone"
	AgentSilent     Code = "agent-silent" // it is there and does not answer; param pid
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

// Codes are the codes with their meaning: one map for all callers, and only to be read.
func Codes() map[Code]Meaning { return codes() }

// codes are made when the first one is needed, which most starts never do.
var codes = sync.OnceValue(func() map[Code]Meaning {
	return map[Code]Meaning{
		Unexpected: {YourIT, ExitUnexpected},
		Usage:      {You, ExitUsage},

		SignInNeeded:      {You, ExitSignInNeeded},
		SignInExpired:     {You, ExitSignInNeeded},
		SignInLapsed:      {You, ExitSignInNeeded},
		SignInRevoked:     {You, ExitSignInNeeded},
		SignInAgain:       {You, ExitSignInNeeded},
		SignInFrequency:   {You, ExitSignInNeeded},
		SignInInterrupted: {You, ExitSignInNeeded},
		SignInOver:        {You, ExitSignInNeeded},
		SignInChanged:     {You, ExitSignInNeeded},
		SignInNotSaved:    {You, ExitSignInNeeded},
		SignOutUntold:     {You, ExitUnreachable},
		SecondFactor:      {You, ExitSignInNeeded},
		PasswordExpired:   {You, ExitSignInNeeded},

		ConsentNeeded:    {YourIT, ExitConsent},
		ConsentRequested: {YourIT, ExitConsent},
		ConsentByPerson:  {You, ExitSignInNeeded},

		ProviderUnreachable: {Nobody, ExitUnreachable},
		ProviderBusy:        {Nobody, ExitUnreachable},
		ProviderFailing:     {TheService, ExitUnreachable},
		TooManyTries:        {Nobody, ExitUnreachable},
		QueueTooLong:        {Nobody, ExitUnreachable},
		NameNotFound:        {You, ExitUnreachable},
		ProxyWantsPassword:  {You, ExitUnreachable},
		ProxyLogOn:          {YourIT, ExitUnreachable},
		ProxyWeaker:         {YourIT, ExitUnreachable},
		ProxyUnreachable:    {YourIT, ExitUnreachable},
		NetworkSignIn:       {You, ExitUnreachable},
		PortalUnreachable:   {Nobody, ExitUnreachable},
		PortalFailing:       {YourIT, ExitUnreachable},

		NoPortal:           {You, ExitConfig},
		PortalAddress:      {You, ExitConfig},
		PortalNotHTTPS:     {You, ExitConfig},
		PortalNotFound:     {You, ExitConfig},
		NotAPortal:         {You, ExitConfig},
		ManifestInvalid:    {YourIT, ExitConfig},
		ManifestTooLarge:   {YourIT, ExitConfig},
		ManifestUnknownKey: {YourIT, ExitConfig},
		ManifestUnused:     {YourIT, ExitConfig},
		NoProviders:        {YourIT, ExitConfig},
		UnknownProvider:    {You, ExitConfig},
		UnknownAccount:     {You, ExitUsage},
		ChooseProvider:     {You, ExitUsage},
		NobodysAddress:     {You, ExitUsage},
		NotThisSignIn:      {You, ExitUsage},
		NotAProvider:       {YourIT, ExitConfig},
		ProviderConfig:     {YourIT, ExitConfig},
		ProviderSetting:    {YourIT, ExitConfig},
		RedirectPortUsed:   {YourIT, ExitConfig},
		ExtraCAFile:        {YourIT, ExitConfig},
		NoDeviceCodes:      {You, ExitConfig},

		PolicyWrong:       {YourIT, ExitConfig},
		PolicyUnclear:     {YourIT, ExitConfig},
		PolicyUnknownKey:  {YourIT, ExitConfig},
		PolicyUnreadable:  {YourIT, ExitConfig},
		PolicyUnsafe:      {YourIT, ExitConfig},
		PolicyPrivate:     {YourIT, ExitConfig},
		PolicyTwice:       {YourIT, ExitConfig},
		PolicyType:        {YourIT, ExitConfig},
		PolicyNotPersonal: {You, ExitConfig},
		SettingManaged:    {YourIT, ExitConfig},
		SettingWrong:      {You, ExitUsage},
		SettingIgnored:    {You, ExitConfig},
		SignInTurnedOff:   {YourIT, ExitConfig},

		ClientRejected:        {YourIT, ExitConfig},
		RedirectNotRegistered: {YourIT, ExitConfig},
		RedirectIsSPA:         {YourIT, ExitConfig},
		AppSingleTenant:       {YourIT, ExitConfig},
		AppUnknown:            {YourIT, ExitConfig},
		TenantUnknown:         {YourIT, ExitConfig},
		SecretNotWanted:       {YourIT, ExitConfig},
		SecretWanted:          {YourIT, ExitConfig},
		SecretMissing:         {YourIT, ExitConfig},
		SecretWrong:           {YourIT, ExitConfig},
		SecretExpired:         {YourIT, ExitConfig},
		SecretExpiresSoon:     {YourIT, ExitConfig},
		ClientKeyMissing:      {YourIT, ExitConfig},
		ClientKeyUnusable:     {YourIT, ExitConfig},
		ScopeRefused:          {YourIT, ExitConfig},
		NoRefreshToken:        {YourIT, ExitConfig},
		RequestRejected:       {YourIT, ExitConfig},

		KeyStoreMissing:   {YourIT, ExitKeyStore},
		KeyStoreLocked:    {You, ExitKeyStore},
		KeyStoreFull:      {You, ExitKeyStore},
		KeyStoreSilent:    {You, ExitKeyStore},
		KeyStoreFailing:   {YourIT, ExitKeyStore},
		KeyStoreNotSetUp:  {You, ExitKeyStore},
		SignOutIncomplete: {You, ExitKeyStore},

		Cancelled: {You, ExitCancelled},
		TimedOut:  {You, ExitCancelled},

		Interrupted: {You, ExitCancelled},
		TookTooLong: {You, ExitCancelled},

		Declined:             {You, ExitRefused},
		Refused:              {YourIT, ExitRefused},
		BlockedByPolicy:      {YourIT, ExitRefused},
		DeviceNotManaged:     {YourIT, ExitRefused},
		NotAssigned:          {YourIT, ExitRefused},
		WrongAccount:         {You, ExitRefused},
		AccountLocked:        {YourIT, ExitRefused},
		AccountDisabled:      {YourIT, ExitRefused},
		TenantRestricted:     {YourIT, ExitRefused},
		PartnerNotAuthorised: {YourIT, ExitRefused},
		TenantNotAllowed:     {You, ExitRefused},
		DomainNotAllowed:     {You, ExitRefused},
		PersonalAccount:      {You, ExitRefused},

		Untrusted:          {YourIT, ExitUntrusted},
		CertificateUnknown: {YourIT, ExitUntrusted},
		CertificateExpired: {TheService, ExitUntrusted},
		CertificateName:    {TheService, ExitUntrusted},
		ClockWrong:         {You, ExitUntrusted},

		NoNetwork:              {You, ExitUnreachable},
		ProxyScript:            {YourIT, ExitUnreachable},
		CertificateExpiresSoon: {TheService, ExitUntrusted},
		PostQuantumBlocked:     {YourIT, ExitUnreachable},
		MetadataCopyOld:        {Nobody, ExitConfig},
		LoopbackBlocked:        {YourIT, ExitConfig},
		LoopbackHalf:           {YourIT, ExitConfig},
		DataFolder:             {YourIT, ExitConfig},
		RuntimeFolder:          {You, ExitConfig},
		FolderOfPerson:         {You, ExitConfig},
		FolderOfOther:          {You, ExitConfig},
		FolderInHome:           {You, ExitConfig},
		FolderOpen:             {You, ExitConfig},
		FolderMounted:          {You, ExitConfig},
		FolderOfRoot:           {You, ExitConfig},
		LooksAtRoot:            {You, ExitUsage},
		DiskFull:               {You, ExitConfig},
		NoNotifications:        {YourIT, ExitConfig},
		NoTray:                 {YourIT, ExitConfig},
		NoGraphics:             {YourIT, ExitConfig},
		AutostartMissing:       {YourIT, ExitConfig},

		Busy:            {You, ExitUnexpected},
		VersionMismatch: {You, ExitUnexpected},
		AgentGone:       {You, ExitUnexpected},
		AgentSilent:     {You, ExitUnexpected},
		BrowserMissing:  {You, ExitUnexpected},
	}
})

// Problem is a failure, in a form for programs to branch on and for the window and the
// console to turn into words. It is also the error of [Client].
type Problem struct {
	Code Code `json:"code"`
	// Params fill the placeholders of the words; a code's params are listed beside the
	// code.
	Params map[string]string `json:"params,omitempty"`
	// Details are for support, and hidden under one line.
	Details *Details `json:"details,omitempty"`
}

// Details are for support. Nothing of it is secret.
type Details struct {
	// Error is the technical error, in English.
	Error string `json:"error,omitempty"`
	// OAuthError is the provider's own error code (RFC 6749, section 5.2), with Entra's
	// suberror, if any, after a slash.
	OAuthError string `json:"oauth_error,omitempty"`
	// Numbers are the provider's own numbers, such as AADSTS50105.
	Numbers []string `json:"numbers,omitempty"`
	// CorrelationID and TraceID are for an inquiry at the provider.
	CorrelationID string    `json:"correlation_id,omitempty"`
	TraceID       string    `json:"trace_id,omitempty"`
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

// AsProblem is the problem in an error. Of an error without one it makes an [Unexpected]
// one with the error's text, and named is false.
func AsProblem(err error) (p *Problem, named bool) {
	if errors.As(err, &p) {
		return p, true
	}
	return &Problem{Code: Unexpected, Details: &Details{Error: err.Error()}}, false
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
