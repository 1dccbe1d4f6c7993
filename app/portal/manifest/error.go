package manifest

import (
	"fmt"

	"github.com/portico-desktop/portico/auth/plain"
)

// Kind is the kind of fault in a text in the place of a manifest.
type Kind string

const (
	// NotManifest: it is something else, such as a web page.
	NotManifest Kind = "not a manifest"
	// Invalid: a manifest with a wrong field, or with a slip in its JSON.
	Invalid Kind = "invalid"
	// NoProviders: there is nothing to sign in with.
	NoProviders Kind = "no providers"
)

// Error says why a text is not used as a manifest.
type Error struct {
	Kind Kind
	// Host is the manifest's host, as it was given to [Parse].
	Host string
	// Field is the wrong place of an invalid one: "menus[0].url", "line 3, column 22".
	// Reason goes on from it, as in "is missing". Both are safe to show.
	Field, Reason string
	// Err is the finding for NotManifest, and nil for the other kinds.
	Err error
}

func (e *Error) Error() string {
	switch e.Kind {
	case Invalid:
		return fmt.Sprintf("manifest of %s: %s %s", e.Host, e.Field, e.Reason)
	case NoProviders:
		return fmt.Sprintf("manifest of %s: no provider is enabled", e.Host)
	}
	return fmt.Sprintf("%s has no manifest: %v", e.Host, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// invalid is an error of the kind Invalid.
func invalid(host, field, format string, args ...any) error {
	return &Error{Kind: Invalid, Host: host, Field: field, Reason: plain.Text(fmt.Sprintf(format, args...), maxError)}
}
