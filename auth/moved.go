package auth

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/network"
)

// isGone reports if an address answers like one with nothing there any more, or something
// else: with a redirect, 404, 405 or 410.
func isGone(err error) bool {
	var passing *UnavailableError
	var answer *fetch.StatusError
	status := 0
	switch {
	case errors.As(err, &answer):
		status = answer.Status
	case errors.As(err, &passing):
		status = passing.Status
	}
	return isGoneStatus(status)
}

func isGoneStatus(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return true
	}
	return status >= 300 && status < 400
}

// atEndpoint asks at one of the provider's endpoints. If the endpoint in our metadata is
// gone the provider is asked for new metadata, and asked the question once more if these
// lead elsewhere: nothing has looked at the question by then, so no code or token is
// spent. It returns the right metadata.
func (c *Client) atEndpoint(ctx context.Context, m *Metadata, endpoint func(*Metadata) string, ask func(*Metadata) (*answer, error)) (*Metadata, *answer, error) {
	a, err := ask(m)
	if !c.mayHaveMoved(err, endpoint(m)) {
		return m, a, err
	}
	soon, cancel := context.WithTimeout(ctx, confirmLimit)
	defer cancel()
	renewed, rerr := c.renewMetadata(soon)
	if rerr != nil || endpoint(renewed) == endpoint(m) || endpoint(renewed) == "" {
		return m, a, err
	}
	c.log.Info("an endpoint of the provider has moved", "provider", c.provider.ID, "from", hostOf(endpoint(m)), "to", hostOf(endpoint(renewed)))
	a, err = ask(renewed)
	return renewed, a, err
}

// mayHaveMoved reports if new metadata may help: the endpoint is gone, or its host is and
// the metadata lie on another. If a host may have got the question, it is not gone.
func (c *Client) mayHaveMoved(err error, endpoint string) bool {
	return isGone(err) || hostOf(endpoint) != c.provider.host() && neverConnected(err)
}

func neverConnected(err error) bool {
	var passing *UnavailableError
	if !errors.As(err, &passing) || passing.Status != 0 {
		return false
	}
	var op *net.OpError
	var fault *network.Fault
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &fault) && (fault.Kind == network.NameNotFound || fault.Kind == network.CertName)
}

func tokenEndpoint(m *Metadata) string { return m.TokenEndpoint }
