package localapi

// Network is how requests leave this computer if somebody has set a proxy.
// [Diagnostics.Check] shows the result for a host.
type Network struct {
	// Source is the proxy's origin: "policy", "environment", "windows", "windows-policy"
	// (for all users of a computer), "macos", "desktop" (GNOME's settings, shared by
	// others) or "kde".
	Source string `json:"source"`
	// HTTPS and HTTP are the proxies for addresses of that scheme, "" for none.
	HTTPS string `json:"https,omitempty"`
	HTTP  string `json:"http,omitempty"`
	// Script is the address of a proxy script, asked first, "" for none.
	Script string `json:"script,omitempty"`
	// Detect: the network is asked for a script (WPAD) before.
	Detect bool `json:"detect,omitempty"`
}
