package localapi

// ProxyPasswordRequest gives a proxy's name and password.
type ProxyPasswordRequest struct {
	// Proxy is its host and port, as a problem's parameter proxy has it.
	Proxy    string `json:"proxy"`
	Name     string `json:"name"`
	Password string `json:"password"`
	// Remember keeps them in the key store; otherwise the agent knows them until it ends.
	Remember bool `json:"remember,omitempty"`
}

// ProxyRequest names a proxy by its host and port.
type ProxyRequest struct {
	Proxy string `json:"proxy"`
}

// ForgottenProxy says what there was to forget.
type ForgottenProxy struct {
	// Known: something was known of it.
	Known bool `json:"known"`
}

// Proxy is one of which something is known.
type Proxy struct {
	Proxy string `json:"proxy"`
	// Used is the scheme that it last took, "" for none yet; Offered are those that it
	// offered then.
	Used    string   `json:"used,omitempty"`
	Offered []string `json:"offered,omitempty"`
	// Password says that a password is kept for it, and Refused that it did not take it.
	Password bool `json:"password"`
	Refused  bool `json:"refused"`
}
