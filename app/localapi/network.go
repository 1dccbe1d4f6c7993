package localapi

// Network is how requests leave this computer where somebody has set a proxy. What comes
// of it for one host, [Diagnostics.Check] says.
type Network struct {
	// Source is who has set it: "policy", "environment", "windows", "windows-policy" (for
	// all users of a computer), "macos", "desktop" (GNOME's settings and those who share
	// them) or "kde".
	Source string `json:"source"`
	// HTTPS and HTTP are the proxies for addresses of that scheme, "" for none.
	HTTPS string `json:"https,omitempty"`
	HTTP  string `json:"http,omitempty"`
	// Script is the address of a proxy script, which is asked first, "" for none.
	Script string `json:"script,omitempty"`
	// Detect says that the network is asked for one (WPAD) before.
	Detect bool `json:"detect,omitempty"`
}
