package desktop

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"
)

var (
	// ErrAddress says that an address is not one that Portico opens.
	ErrAddress = errors.New("not an address to open")
	// ErrNoBrowser says that no browser could be started.
	ErrNoBrowser = errors.New("no browser could be opened")
	// errNotThere says that a command names nothing that can be started.
	errNotThere = errors.New("it is not there")
)

// patience is how long OpenBrowser looks whether a browser fails at once.
const patience = time.Second

// OpenBrowser opens an http, https, mailto or tel address in the person's
// browser, and refuses any other with an error that wraps [ErrAddress].
//
// The environment variable BROWSER names the browser for http and https when it
// is set: a command with arguments, of which %s stands for the address, or the
// address is added as the last one; several commands are separated by ":" (";" on
// Windows) and tried in order. No shell takes part. Otherwise, for mail and telephone,
// and where none of the commands is there any more, the system knows what to use.
//
// OpenBrowser waits for at most a second, to see whether the command fails at
// once; the browser then runs on its own. The error wraps [ErrNoBrowser] when
// none could be started.
func OpenBrowser(ctx context.Context, address string) error {
	return opener{commands: os.Getenv("BROWSER"), patience: patience, system: openSystem}.open(ctx, address)
}

// opener opens browsers.
type opener struct {
	commands string
	patience time.Duration
	system   func(address string) error
}

func (o opener) open(ctx context.Context, address string) error {
	if err := checkAddress(address); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var failures []error
	stale := true
	for _, command := range strings.Split(o.commands, string(os.PathListSeparator)) {
		// A browser has no use for a mail address or a telephone number.
		if strings.TrimSpace(command) == "" || !isWeb(address) {
			continue
		}
		err := o.run(ctx, command, address)
		if err == nil || ctx.Err() != nil {
			return err
		}
		failures = append(failures, err)
		stale = stale && errors.Is(err, errNotThere)
	}
	if stale {
		err := o.watch(ctx, func() error { return o.system(address) })
		if err == nil || ctx.Err() != nil {
			return err
		}
		failures = append(failures, err)
	}
	return fmt.Errorf("%w: %w", ErrNoBrowser, errors.Join(failures...))
}

func (o opener) run(ctx context.Context, command, address string) error {
	words, err := splitWords(command)
	if err != nil {
		return fmt.Errorf("read BROWSER: %w: %w", errNotThere, err)
	}
	named := false
	for i, w := range words {
		if strings.Contains(w, "%s") {
			words[i] = strings.ReplaceAll(w, "%s", address)
			named = true
		}
	}
	if !named {
		words = append(words, address)
	}
	if err := o.start(ctx, words); err != nil {
		return fmt.Errorf("open what BROWSER names: %w", err)
	}
	return nil
}

// watch calls wait, which returns when a browser has ended, and reports whether
// that happened at once and badly. A browser that runs on is left to the
// goroutine, which takes note of its end so that no dead process is kept; it
// ends with the browser or with this program.
func (o opener) watch(ctx context.Context, wait func() error) error {
	ended := make(chan error, 1)
	go func() { ended <- wait() }()
	soon := time.NewTimer(o.patience)
	defer soon.Stop()
	select {
	case err := <-ended:
		return err
	case <-soon.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// checkAddress keeps everything away from the browser, and from whatever else
// the system has registered, that is not a plain link. An address that passes
// begins with its scheme, so that no command takes it for an option.
func checkAddress(address string) error {
	if err := checkCharacters(address); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		// url.Parse quotes the address, which may be long and is not ours to log.
		return fmt.Errorf("%w: it cannot be read", ErrAddress)
	}
	switch u.Scheme {
	case "http", "https":
		if u.Hostname() == "" {
			return fmt.Errorf("%w: it names no host", ErrAddress)
		}
	case "mailto", "tel":
		if u.Opaque == "" {
			return fmt.Errorf("%w: it names nobody", ErrAddress)
		}
	default:
		return fmt.Errorf("%w: the scheme is %q", ErrAddress, u.Scheme)
	}
	return nil
}

func checkCharacters(address string) error {
	odd := func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("\"'<>\\^`{|}", r) }
	if strings.IndexFunc(address, odd) >= 0 {
		return fmt.Errorf("%w: it has characters that belong escaped", ErrAddress)
	}
	return nil
}

func isWeb(address string) bool {
	scheme, _, _ := strings.Cut(address, ":")
	return strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
}
