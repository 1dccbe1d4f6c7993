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
	// ErrAddress says that Portico does not open such an address.
	ErrAddress = errors.New("not an address to open")
	// ErrNoBrowser says that no browser could be started.
	ErrNoBrowser = errors.New("no browser could be opened")
	// errNotThere says that the program of a command is not there.
	errNotThere = errors.New("it is not there")
)

// patience is how long OpenBrowser waits for a browser to fail at once.
const patience = time.Second

// OpenBrowser opens an http, https, mailto or tel address in the person's browser. Any
// other address is refused with an error that wraps [ErrAddress].
//
// For http and https the environment variable BROWSER, if set, names the browser: a
// command with arguments. In it %s stands for the address; without %s the address is
// added as the last argument. Several commands are separated by ":" (";" on Windows)
// and tried in order. No shell takes part. The system's own choice is for mail and
// telephone, and for when the variable is missing or none of its commands exists any
// more.
//
// OpenBrowser waits for at most a second, in case the command fails at once; the
// browser then runs on its own. The error wraps [ErrNoBrowser] when none could be
// started.
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

// watch calls wait, a function that returns when a browser has ended. It reports a
// browser that ended at once and badly. A browser that runs on is left to the
// goroutine: it takes note of the end, so no dead process is kept, and ends with the
// browser or with this program.
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

// checkAddress keeps everything but plain links away from the browser, and from any
// other program registered with the system. An address that passes begins with its
// scheme, so no command takes it for an option.
func checkAddress(address string) error {
	if err := checkCharacters(address); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		// url.Parse quotes the address. It may be long and is not ours to log.
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
