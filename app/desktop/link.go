package desktop

import (
	"errors"
	"strings"
)

// LinkScheme is the scheme of links into Portico. Every package registers it; the
// system hands such a link to the window program as its one argument.
const LinkScheme = "portico"

// linkLimit is the length of a link in bytes.
const linkLimit = 8 << 10

// ErrLink says that an argument is no link into Portico.
var ErrLink = errors.New("not a link of " + LinkScheme + "://")

// CheckLink returns nil for a link into Portico. Whatever follows the scheme comes from
// anywhere: it is not looked at here, and an error does not repeat it.
func CheckLink(argument string) error {
	const begin = LinkScheme + "://"
	switch {
	case len(argument) < len(begin) || !strings.EqualFold(argument[:len(begin)], begin): // RFC 3986, section 3.1
		return ErrLink
	case len(argument) > linkLimit:
		return errors.New("the link is longer than 8 KiB")
	}
	return nil
}
