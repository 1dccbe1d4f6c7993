package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// The groups of keys, in the order in which people see them.
func Groups() []string {
	return []string{"portal", "sign-in", "start", "window", "network", "support"}
}

func tri() []string { return []string{Always, Never, UserDecides} }

// extension is how an extension of the protocol is used; all but [ByManifest] are as
// in the manifest.
func extension() []string { return []string{ByManifest, "off", "on", "required"} }

// Keys returns the table, in the order in which people see it. Names are never taken
// away and never change their meaning. Its content must not be changed.
func Keys() []Key { return slices.Clone(table()) }

// table is made once: reading a policy asks it for every key.
var table = sync.OnceValue(func() []Key {
	const v1 = "0.1.0"
	return []Key{
		{Name: PortalURL, Kind: Address, Personal: true, Since: v1, Group: "portal", Title: "Portal address",
			About:   "The address of the portal, as in https://portal.example.com. Without it the person is asked for it at the first start.",
			Example: "https://portal.example.com"},
		{Name: Providers, Kind: Objects, Since: v1, Group: "portal", Title: "Sign-in providers",
			About:   "A list of providers, written as in the portal's manifest. It takes the place of the manifest's own list. With it Portico signs people in even without a portal.",
			Example: json.RawMessage(`[{"id":"m365","title":"Microsoft 365","authority":"https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0","client_id":"11111111-1111-1111-1111-111111111111","redirect":{"host":"localhost"}}]`)},
		{Name: Menus, Kind: Objects, Since: v1, Group: "portal", Title: "Apps",
			About:   "A list of apps, written as \"menus\" in the portal's manifest. It is shown before the manifest's own.",
			Example: json.RawMessage(`[{"id":"mail","title":"Mail","icon":"mail","url":"https://outlook.office.com/mail/"}]`)},
		{Name: AllowedLinkSchemes, Kind: List, Since: v1, Group: "portal", Title: "Other link schemes",
			About:   "Schemes that apps may open besides https, mailto and tel, as in msteams. Others are not opened.",
			Example: []string{"msteams"}},
		{Name: StatusURL, Kind: Address, Since: v1, Waits: "news", Group: "portal", Title: "Status page",
			About:   "The address of the status feed, before the one of the manifest.",
			Example: "https://status.example.net/feed.atom"},

		{Name: SignInEnabled, Kind: Flag, Default: true, Restricts: true, Since: v1, Group: "sign-in", Title: "People may sign in",
			About: "When it is off, nobody can sign in and nobody is signed in silently; who is remembered stays remembered. On by default.", Example: false},
		{Name: AutoSignIn, Kind: Flag, Default: false, Since: v1, Group: "sign-in", Title: "Begin signing in at the first start",
			About: "Opens the browser once, at the first start at which nobody is remembered, without a click. Off by default: the browser then never opens without a click.", Example: true},
		{Name: DomainHint, Kind: Text, Since: v1, Group: "sign-in", Title: "Domain hint",
			About:   "The organisation's mail domain, passed to the provider as domain_hint (Entra) or hd (Google), so that people get to their own sign-in page. Without it the provider asks.",
			Example: "example.com"},
		{Name: AllowedDomains, Kind: List, Restricts: true, Since: v1, Group: "sign-in", Title: "Allowed mail domains",
			About:   "Only accounts with an address in one of these domains, that the provider calls verified or whose tenant is the organisation's, are let in. Without it the provider and the manifest decide.",
			Example: []string{"example.com"}},
		{Name: AllowedTenants, Kind: List, Restricts: true, Since: v1, Group: "sign-in", Title: "Allowed Entra tenants",
			About:   "Only accounts of these Entra directories (their ids) are let in at Entra providers. Without it the manifest decides.",
			Example: []string{"00000000-0000-0000-0000-000000000000"}},
		{Name: RememberMe, Kind: Tri, Values: tri(), Default: UserDecides, Untouched: Always, Personal: true, Since: v1, Group: "sign-in", Title: "Remember who is signed in",
			About: "Whether a sign-in is kept in the key store, so that the next start is silent. By default the person decides, and is remembered until they do.", Example: Never},
		{Name: TokenStore, Kind: Choice, Values: []string{"os", "file", "memory"}, Default: "os", Since: v1, Group: "sign-in", Title: "Where sign-ins are kept",
			About: "os is the operating system's key store. file is a file that only the person can read, for computers without a key store: it protects less, since everything that runs as the person can read it. memory keeps nothing beyond the agent's end. os by default.", Example: "memory"},
		{Name: SignInTimeout, Kind: Number, Min: 60, Max: 3600, Unit: "seconds", Default: 300, Since: v1, Group: "sign-in", Title: "Time to sign in",
			About: "How long Portico waits for the browser to come back, 60 to 3600 seconds. 300 by default.", Example: 600},
		{Name: RedirectPorts, Kind: Text, Since: v1, Group: "sign-in", Title: "Ports for the redirect",
			About:   "One port or a range, as in 49200 or 49200-49210, of which a free one is used on the loopback interface, for firewalls that want to know. A port that a provider's description fixes counts before it. Any free port by default.",
			Example: "49200-49210"},
		{Name: PAR, Kind: Choice, Values: extension(), Default: ByManifest, Restricts: true, Since: v1, Group: "sign-in", Title: "Pushed authorization requests (PAR)",
			About: "Whether what is asked of a provider goes there directly, before the browser opens (RFC 9126). off: never. on: where the provider offers it, and through the browser where it fails there. required: a provider that does not offer it, or with which it fails, is not used. manifest leaves it to \"par\" of each provider, which is on where it is left out. manifest by default.", Example: "required"},
		{Name: DPoP, Kind: Choice, Values: extension(), Default: ByManifest, Restricts: true, Since: v1, Group: "sign-in", Title: "Proofs of possession (DPoP)",
			About: "Whether sign-ins are bound to a key of this computer (RFC 9449). off: new ones are not. on: where the provider offers it, and without where it refuses good proofs, as behind a proxy that does not say that it ends TLS. required: a provider that does not offer it, or with which it fails, is not used, and whoever was signed in without signs in again. manifest leaves it to \"dpop\" of each provider, which is on where it is left out. manifest by default.", Example: "required"},
		{Name: Browser, Kind: Text, Personal: true, Since: v1, Group: "sign-in", Title: "Browser",
			About:   "The browser that pages are opened in: a name from \"porticoctl doctor\" (such as firefox or msedge) or the whole path of its program. The system's default browser by default.",
			Example: "msedge"},

		{Name: Autostart, Kind: Tri, Values: tri(), Default: UserDecides, Untouched: Always, Personal: true, Since: v1, Group: "start", Title: "Start at log-on",
			About: "Whether Portico starts when the person logs on. By default it does until the person turns it off.", Example: Always},
		{Name: StartHidden, Kind: Tri, Values: tri(), Default: UserDecides, Untouched: Always, Personal: true, Since: v1, Group: "start", Title: "Start without a window",
			About: "Whether only the tray icon appears at log-on, and not the window. By default no window appears until the person wants it.", Example: Never},
		{Name: KioskMode, Kind: Flag, Default: false, Restricts: true, Since: v1, Group: "start", Title: "Shared computer",
			About: "For a computer that people use in turn: nobody is remembered (as with RememberMe never), the settings cannot be changed and Portico cannot be quit from the tray. Off by default.", Example: true},
		{Name: UpdateMode, Kind: Choice, Values: []string{"off", "notify"}, Default: "off", Since: v1, Waits: "updates", Group: "start", Title: "Updates",
			About: "Whether people are told of a newer version. Portico never installs one by itself. off by default.", Example: "notify"},
		{Name: UpdateURL, Kind: Address, Since: v1, Waits: "updates", Group: "start", Title: "Where updates are announced",
			About:   "The address of the announcement of the newest version.",
			Example: "https://software.example.com/portico.json"},

		{Name: CloseToTray, Kind: Tri, Values: tri(), Default: UserDecides, Untouched: Always, Personal: true, Since: v1, Group: "window", Title: "Closing the window keeps the tray icon",
			About: "Whether Portico stays in the tray when its window is closed. With never, closing the window ends Portico. By default it stays.", Example: Always},
		{Name: Language, Kind: Choice, Values: []string{"system", "en", "de"}, Default: "system", Personal: true, Since: v1, Group: "window", Title: "Language",
			About: "The language of all texts; system is the person's own. system by default.", Example: "de"},
		{Name: Theme, Kind: Choice, Values: []string{"system", "light", "dark"}, Default: "system", Personal: true, Since: v1, Group: "window", Title: "Light or dark",
			About: "system follows the desktop. system by default.", Example: "light"},
		{Name: Notifications, Kind: Tri, Values: tri(), Default: UserDecides, Untouched: Always, Personal: true, Since: v1, Waits: "news", Group: "window", Title: "Notifications",
			About: "Whether Portico shows notifications. By default it does until the person turns them off.", Example: Always},
		{Name: QuietHours, Kind: Text, Personal: true, Since: v1, Waits: "news", Group: "window", Title: "Quiet hours",
			About:   "Times without notifications, as in 18:00-07:00, by the computer's clock. None by default.",
			Example: "18:00-07:00"},
		{Name: Hotkey, Kind: Text, Personal: true, Since: v1, Waits: "hotkey", Group: "window", Title: "Hotkey",
			About:   "A combination that brings the window to the front, as in Ctrl+Alt+P. None by default.",
			Example: "Ctrl+Alt+P"},

		{Name: Proxy, Kind: Text, Since: v1, Group: "network", Title: "Proxy",
			About:   "The proxy for all requests, as in http://proxy.example.com:8080, or direct for none. It counts before the environment's and the system's. It must not hold a password.",
			Example: "http://proxy.example.com:8080"},
		{Name: ProxyAuth, Kind: List, Since: v1, Group: "network", Title: "Answers to proxies",
			About:   "By what a proxy may be answered that asks who is there: negotiate (Kerberos, with the log-on to the computer), ntlm, digest and basic. The strongest of them that the proxy offers and that can be answered is taken. Without it negotiate, digest and basic, on Windows ntlm too; and a proxy that the network itself has named (automatic detection, or a script fetched over http) gets Kerberos and nothing else. A list counts for every proxy, and one that is wrong as negotiate alone. Other systems than Windows need a name and a password for ntlm.",
			Example: []string{"negotiate"}},
		{Name: ExtraCAFile, Kind: File, Since: v1, Group: "network", Title: "More certificate authorities",
			About:   "A PEM file of authorities that are trusted besides the system's, such as that of a proxy that looks into TLS.",
			Example: "/etc/ssl/certs/proxy.example.com.pem"},

		{Name: DeviceInfo, Kind: Choice, Values: []string{"ask", "always", "never"}, Default: "ask", Since: v1, Waits: "requests", Group: "support", Title: "Device information with requests",
			About: "Whether facts about the computer go along with a request for help. ask by default.", Example: "always"},
		{Name: Screenshots, Kind: Tri, Values: tri(), Default: UserDecides, Untouched: Always, Since: v1, Waits: "requests", Group: "support", Title: "Screenshots with requests",
			About: "Whether a request for help may have a screenshot.", Example: Never},
		{Name: LogLevel, Kind: Choice, Values: []string{"error", "warn", "info", "debug"}, Default: "info", Since: v1, Group: "support", Title: "Log",
			About: "How much the agent writes into its log file. It never writes secrets, at any level. info by default.", Example: "debug"},
		{Name: AuditLog, Kind: Choice, Values: []string{"off", "file", "system", "both"}, Default: "file", Since: v1, Group: "support", Title: "Record of sign-ins",
			About: "Where sign-ins, refusals and sign-outs are recorded: file is JSON lines beside the log, system the Windows event log or syslog. file by default.", Example: "both"},
		{Name: ManagedByName, Kind: Text, Since: v1, Group: "support", Title: "Managed by",
			About:   "The name beside settings that the person cannot change. Without it they read \"your organisation\".",
			Example: "Contoso IT"},
		{Name: ManagedByURL, Kind: Address, Since: v1, Group: "support", Title: "Page about the management",
			About:   "A page that tells people what is managed and why; the name then is a link.",
			Example: "https://intranet.example.com/portico"},
	}
})

// Lookup returns the row of a name, false for an unknown one.
func Lookup(name Name) (Key, bool) {
	at, known := rows().exact[name]
	if !known {
		return Key{}, false
	}
	return table()[at], true
}

// rows is the place of a key in the table, by its name and by the name in small
// letters. A policy may have thousands of unknown keys.
var rows = sync.OnceValue(func() (p struct {
	exact  map[Name]int
	folded map[string]int
}) {
	p.exact, p.folded = map[Name]int{}, map[string]int{}
	for i, k := range table() {
		p.exact[k.Name], p.folded[strings.ToLower(string(k.Name))] = i, i
	}
	return p
})
