package policy

// Name is a key, as it is spelt in every source.
type Name string

// The keys. [Keys] describes each.
const (
	PortalURL          Name = "PortalURL"
	Providers          Name = "Providers"
	SignInEnabled      Name = "SignInEnabled"
	AutoSignIn         Name = "AutoSignIn"
	DomainHint         Name = "DomainHint"
	AllowedDomains     Name = "AllowedDomains"
	AllowedTenants     Name = "AllowedTenants"
	RememberMe         Name = "RememberMe"
	TokenStore         Name = "TokenStore"
	SignInTimeout      Name = "SignInTimeout"
	RedirectPorts      Name = "RedirectPorts"
	PAR                Name = "PAR"
	DPoP               Name = "DPoP"
	Browser            Name = "Browser"
	Autostart          Name = "Autostart"
	StartHidden        Name = "StartHidden"
	CloseToTray        Name = "CloseToTray"
	Notifications      Name = "Notifications"
	QuietHours         Name = "QuietHours"
	DeviceInfo         Name = "DeviceInfo"
	Screenshots        Name = "Screenshots"
	AllowedLinkSchemes Name = "AllowedLinkSchemes"
	Menus              Name = "Menus"
	StatusURL          Name = "StatusURL"
	Language           Name = "Language"
	Theme              Name = "Theme"
	Hotkey             Name = "Hotkey"
	Proxy              Name = "Proxy"
	ProxyAuth          Name = "ProxyAuth"
	ExtraCAFile        Name = "ExtraCAFile"
	UpdateMode         Name = "UpdateMode"
	UpdateURL          Name = "UpdateURL"
	LogLevel           Name = "LogLevel"
	AuditLog           Name = "AuditLog"
	ManagedByName      Name = "ManagedByName"
	ManagedByURL       Name = "ManagedByURL"
	KioskMode          Name = "KioskMode"
)

// Kind is what a key's values look like. The Go type of a value is beside each.
type Kind string

const (
	// Text is any text: string.
	Text Kind = "text"
	// Address is an https address, or an http one on loopback: string.
	Address Kind = "address"
	// File is the whole path of a file on this computer: string.
	File Kind = "file"
	// Flag is yes or no: bool. On Windows a REG_DWORD of 1 or 0.
	Flag Kind = "flag"
	// Choice is one of Key.Values: string.
	Choice Kind = "choice"
	// Tri is "always", "never" or "user-decides": string. Resolved, it is one of
	// the first two.
	Tri Kind = "tri-state"
	// Number is a whole number from Key.Min to Key.Max: int.
	Number Kind = "number"
	// List is several texts: []string. On Windows a REG_MULTI_SZ.
	List Kind = "list"
	// Objects is a list of JSON objects, as in the manifest: json.RawMessage. On
	// Windows its JSON text as REG_SZ or REG_MULTI_SZ, on macOS an array of
	// dictionaries.
	Objects Kind = "objects"
)

// Values of a Tri.
const (
	Always      = "always"
	Never       = "never"
	UserDecides = "user-decides"
)

// ByManifest is the value of a Choice that leaves a decision to the manifest.
const ByManifest = "manifest"

// Key is one row of the table.
type Key struct {
	Name Name
	Kind Kind
	// Values are those of a Choice or a Tri.
	Values []string
	// Min and Max bound a Number, in Unit.
	Min, Max int
	Unit     string
	// Default counts if nobody says anything; nil stands for the Kind's zero. For a Tri
	// it is UserDecides, and Untouched counts until the person has decided.
	Default   any
	Untouched string
	// Personal: the person may decide, unless a policy does.
	Personal bool
	// Restricts: with a wrong value in a policy, nobody may sign in until it is right.
	// It may have been meant to keep somebody out.
	Restricts bool
	// Since is the first version of Portico with the key.
	Since string
	// Waits is for a key that this version keeps and shows, but does not use yet. It
	// names the missing part: "requests", "news", "updates" or "hotkey". "" means that
	// the key counts.
	Waits string
	// Group orders the keys for people: "portal", "sign-in", "start", "window",
	// "network" or "support".
	Group string
	// Title and About are for administrators, in English. About is whole sentences, and
	// describes the state without the key.
	Title, About string
	// Example is a good value, of the Kind's type.
	Example any
}
