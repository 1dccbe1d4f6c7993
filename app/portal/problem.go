package portal

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/address"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/redact"
	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/plain"
)

// Normalise is [address.Normalise] with errors for people: portal-address,
// portal-not-https.
func Normalise(typed string) (string, error) {
	normal, err := address.Normalise(typed)
	if err == nil {
		_, err = fetch.CheckURL(normal) // which knows the addresses that are off limits
	}
	if err == nil {
		return normal, nil
	}
	wrong := &localapi.Problem{Code: localapi.PortalAddress, Params: map[string]string{"address": plain.Text(strings.TrimSpace(typed), maxText)}}
	if errors.Is(err, address.ErrNotHTTPS) {
		wrong.Code = localapi.PortalNotHTTPS
	}
	return "", wrong
}

// ManifestProblem is a problem in the place of a manifest's error: not-a-portal,
// manifest-invalid with the field and the reason, or no-providers. Any other error stays
// as it is, and so does nil.
func ManifestProblem(err error) error {
	var wrong *manifest.Error
	if !errors.As(err, &wrong) {
		return err
	}
	p := &localapi.Problem{Code: localapi.NotAPortal, Params: map[string]string{"host": wrong.Host}}
	details := wrong.Err
	switch wrong.Kind {
	case manifest.Invalid:
		p.Code, p.Params["field"], p.Params["reason"] = localapi.ManifestInvalid, wrong.Field, wrong.Reason
		details = wrong
	case manifest.NoProviders:
		p.Code = localapi.NoProviders
	}
	if details != nil {
		p.Details = &localapi.Details{Error: plain.Text(details.Error(), maxError), Time: time.Now()}
	}
	return p
}

// UnusedProblem tells of an unused part.
func UnusedProblem(u manifest.Unused) *localapi.Problem {
	reason := redact.Text(plain.Text(u.Reason, maxText))
	return &localapi.Problem{Code: localapi.ManifestUnused, Params: map[string]string{"field": u.Field, "reason": reason}}
}

// explain is why the portal at an address could not be read.
func explain(ctx context.Context, from string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	host := address.Host(from)
	problem := func(code localapi.Code, params ...string) error {
		p := &localapi.Problem{Code: code, Params: map[string]string{"host": host, "address": from},
			Details: &localapi.Details{Error: redact.Text(plain.Text(err.Error(), maxError)), Time: time.Now()}}
		for i := 0; i+1 < len(params); i += 2 {
			if params[i+1] != "" {
				p.Params[params[i]] = redact.Text(plain.Text(params[i+1], maxText))
			}
		}
		return p
	}
	var status *fetch.StatusError
	var large *fetch.TooLargeError
	switch {
	case errors.As(err, &status) && status.Status == http.StatusNetworkAuthenticationRequired:
		return problem(localapi.NetworkSignIn)
	case errors.As(err, &status) && (status.Status == http.StatusNotFound || status.Status == http.StatusGone):
		return problem(localapi.PortalNotFound)
	case errors.As(err, &status) && (status.Status >= 500 || status.Status == http.StatusTooManyRequests):
		return problem(localapi.PortalFailing, "status", strconv.Itoa(status.Status), "retry_after", seconds(status.RetryAfter))
	case errors.As(err, &large) && manifest.Begins(large.Beginning):
		return problem(localapi.ManifestTooLarge, "limit", largest)
	case errors.As(err, &status), errors.As(err, &large):
		return problem(localapi.NotAPortal)
	case errors.Is(err, fetch.ErrInsecure):
		return problem(localapi.PortalNotHTTPS)
	}
	if fault := network.Classify(err, host); fault != nil {
		code, params := wayProblem(fault)
		return problem(code, params...)
	}
	return problem(localapi.PortalUnreachable)
}

// seconds is a wait on a server's request, "" for none.
func seconds(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return strconv.Itoa(int(d.Round(time.Second) / time.Second))
}
