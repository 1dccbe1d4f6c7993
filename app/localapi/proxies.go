package localapi

import "context"

// ProxyPasswords is about the proxies on the way out and their passwords. See [Agent].
type ProxyPasswords interface {
	// SetProxyPassword keeps a name and a password for a proxy in the place of former
	// ones, and tries failed work again at once. They are tried once by all of this
	// person's programs: after a refusal nobody sends them again.
	SetProxyPassword(ctx context.Context, req ProxyPasswordRequest) error
	// ForgetProxy removes a proxy's password and everything known of it, such as its
	// former offers.
	ForgetProxy(ctx context.Context, req ProxyRequest) (ForgottenProxy, error)
	// Proxies lists the known proxies.
	Proxies(ctx context.Context) ([]Proxy, error)
}

const (
	setProxyPassword tell[ProxyPasswordRequest]         = "/v1/proxies/password" //nolint:gosec // an address
	forgetProxy      post[ProxyRequest, ForgottenProxy] = "/v1/proxies/forget"
	proxies          list[Proxy]                        = "/v1/proxies"
)

// SetProxyPassword implements [Agent].
func (c *Client) SetProxyPassword(ctx context.Context, req ProxyPasswordRequest) error {
	return setProxyPassword.do(ctx, c, req)
}

// ForgetProxy implements [Agent].
func (c *Client) ForgetProxy(ctx context.Context, req ProxyRequest) (ForgottenProxy, error) {
	return forgetProxy.do(ctx, c, req)
}

// Proxies implements [Agent].
func (c *Client) Proxies(ctx context.Context) ([]Proxy, error) { return proxies.do(ctx, c) }

func serveProxyPasswords(a ProxyPasswords) []route {
	return []route{
		setProxyPassword.serve(a.SetProxyPassword),
		forgetProxy.serve(a.ForgetProxy),
		proxies.serve(a.Proxies),
	}
}

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

// ForgottenProxy is the result of forgetting.
type ForgottenProxy struct {
	// Known: something was known of it.
	Known bool `json:"known"`
}

// Proxy is a known proxy.
type Proxy struct {
	Proxy string `json:"proxy"`
	// Used is the scheme it last took, "" for none yet; Offered are the schemes of its
	// offer then.
	Used    string   `json:"used,omitempty"`
	Offered []string `json:"offered,omitempty"`
	// Password: a password is kept for it. Refused: the proxy did not take it.
	Password bool `json:"password"`
	Refused  bool `json:"refused"`
}
