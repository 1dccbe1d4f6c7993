package auth_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// Some systems run the browser within the call that opens it, until the person closes
// it: pkg/browser waits for xdg-open, and that for the browser.
func TestSignInDoesNotWaitForTheBrowserToBeClosed(t *testing.T) {
	d := newDesk(t)
	closed := make(chan struct{})
	defer close(closed)
	tokens, err := d.opening(func(ctx context.Context, address string) error {
		resp, err := d.provider.Browse(ctx, address)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		<-closed
		return nil
	}).SignIn(t.Context(), auth.BeginOptions{})
	if err != nil || tokens.Account.Subject != authtest.Ada().Subject {
		t.Errorf("%v, %v", tokens, err)
	}
}

// A command that fails after the browser has come back was good enough.
func TestBrowserThatEndsWithAnErrorAfterItCameBack(t *testing.T) {
	d := newDesk(t)
	asked, heard := make(chan struct{}), &awaited{words: "the command that opened the browser failed", there: make(chan struct{})}
	d.log = slog.New(slog.NewTextHandler(heard, nil))
	d.provider.OnToken(func() {
		close(asked)
		<-heard.there // the answer with the tokens comes after the command has failed
	})
	tokens, err := d.opening(func(ctx context.Context, address string) error {
		go func() {
			if resp, err := d.provider.Browse(ctx, address); err == nil {
				resp.Body.Close()
			}
		}()
		<-asked
		return errors.New("exit status 1")
	}).SignIn(t.Context(), auth.BeginOptions{})
	if err != nil || tokens == nil {
		t.Errorf("%v, %v", tokens, err)
	}
}

// awaited is a log in which somebody waits for words.
type awaited struct {
	words string
	there chan struct{} // closed when they were written
	once  sync.Once
}

func (a *awaited) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(a.words)) {
		a.once.Do(func() { close(a.there) })
	}
	return len(p), nil
}
