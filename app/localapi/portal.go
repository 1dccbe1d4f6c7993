package localapi

import (
	"context"
	"net/http"
	"strings"
)

// Portals is about the portal, as the manifest at an address describes it. See [Agent].
type Portals interface {
	// CheckPortal reads the manifest at an address and changes nothing.
	CheckPortal(ctx context.Context, req PortalRequest) (PortalCheck, error)
	// SetPortal reads the manifest at an address and, when it is good, makes it this
	// person's portal, for good or for this run. A manifest to try out is refused here:
	// it would disturb somebody's sign-in.
	SetPortal(ctx context.Context, req PortalRequest) error
	// Logo returns the picture with this digest (see [Portal]), PNG or SVG.
	Logo(ctx context.Context, digest string) ([]byte, error)
}

const (
	checkPortal post[PortalRequest, PortalCheck] = "/v1/portal/check"
	setPortal   tell[PortalRequest]              = "/v1/portal"
	logo        download[logoRequest]            = "/v1/logo"
)

// CheckPortal implements [Agent].
func (c *Client) CheckPortal(ctx context.Context, req PortalRequest) (PortalCheck, error) {
	return checkPortal.do(ctx, c, req)
}

// SetPortal implements [Agent].
func (c *Client) SetPortal(ctx context.Context, req PortalRequest) error {
	return setPortal.do(ctx, c, req)
}

// Logo implements [Agent].
func (c *Client) Logo(ctx context.Context, digest string) ([]byte, error) {
	picture, err := logo.do(ctx, c, logoRequest{Digest: digest})
	if err != nil {
		return nil, err
	}
	return picture.whole(maxAnswer)
}

func servePortals(a Portals) []route {
	return []route{
		checkPortal.serve(a.CheckPortal),
		setPortal.serve(a.SetPortal),
		logo.serve(func(ctx context.Context, req logoRequest) (Content, error) {
			if !isDigest(req.Digest) {
				return Content{}, refuse(http.StatusNotFound, "%.128q is no digest of a logo", req.Digest)
			}
			picture, err := a.Logo(ctx, req.Digest)
			return Bytes(picture), err
		}).glance(),
	}
}

// Portal is the manifest ready to show: addresses are checked and placeholders filled in
// for the signed-in person.
type Portal struct {
	Name string `json:"name"`
	// Host is the portal's host, for the status line.
	Host string `json:"host"`
	// Accent is "#RRGGBB", or "" for Portico's own. The window corrects its
	// contrast.
	Accent string `json:"accent,omitempty"`
	// LogoLight and LogoDark are digests of the logo for a light and a dark
	// ground, "" for none; [Client.Logo] brings the picture.
	LogoLight string     `json:"logo_light,omitempty"`
	LogoDark  string     `json:"logo_dark,omitempty"`
	Support   Support    `json:"support,omitzero"`
	Providers []Provider `json:"providers,omitempty"`
	// AddressFirst: people should be asked for their mail address before anything else,
	// because it decides on their provider.
	AddressFirst bool  `json:"address_first,omitempty"`
	Apps         []App `json:"apps,omitempty"`
}

// Provider is a way to sign in.
type Provider struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	// Codes: a device sign-in may be offered. It is a guess until the provider's
	// metadata have been read.
	Codes bool `json:"codes,omitempty"`
}

// Support is how to reach the IT team. Empty fields are not shown.
type Support struct {
	// Email and Phone are as IT writes them. MailTo and Tel are the addresses to open for
	// them, "" if they are not fit for that.
	Email  string `json:"email,omitempty"`
	MailTo string `json:"mail_to,omitempty"`
	Phone  string `json:"phone,omitempty"`
	Tel    string `json:"tel,omitempty"`
	Hours  string `json:"hours,omitempty"`
	URL    string `json:"url,omitempty"`
}

// App is one entry of the manifest's menus.
type App struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Icon is a name of Portico's own icon family ("mail", "files", …), or ""
	// for the title's first letter.
	Icon  string `json:"icon,omitempty"`
	Group string `json:"group,omitempty"`
	// URL is ready to open: https, mailto or tel, placeholders filled in. It
	// is "" while nobody is signed in and the address needs the person.
	URL string `json:"url,omitempty"`
	// Keywords help searching and are not shown.
	Keywords []string `json:"keywords,omitempty"`
}

// PortalRequest names a portal.
type PortalRequest struct {
	// Address is the person's input: a host, or an https address.
	Address string `json:"address"`
	// Manifest, when not nil, is the manifest itself, for trying one before it is
	// published; Address then only names its origin.
	Manifest []byte `json:"manifest,omitempty"`
	// ForRun has the agent use the portal until it ends, and keep nothing of it. Without
	// an Address such a run's portal is over: the kept portal counts again, or none. It
	// is for SetPortal.
	ForRun bool `json:"for_run,omitempty"`
}

// PortalCheck is the result of reading an address.
type PortalCheck struct {
	// Address is the normalised form of the input.
	Address   string     `json:"address"`
	Name      string     `json:"name"`
	Accent    string     `json:"accent,omitempty"`
	Providers []Provider `json:"providers,omitempty"`
}

type logoRequest struct {
	Digest string `json:"digest"`
}

// isDigest keeps everything that could be a path away from the agent.
func isDigest(s string) bool {
	plain := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_'
	}
	return s != "" && len(s) <= 128 && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0
}
