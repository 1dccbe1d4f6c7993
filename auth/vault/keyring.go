//go:build !linux

package vault

import (
	"context"
	"errors"

	"github.com/zalando/go-keyring"
)

// osKeyring is the operating system's key store through go-keyring. That knows neither contexts nor
// time limits. Systems differ in classify and osPartSize.
type osKeyring struct{}

func newKeyring() osKeyring { return osKeyring{} }

func (osKeyring) Get(_ context.Context, service, name string) (string, error) {
	value, err := keyring.Get(service, name)
	return value, outcome(err)
}

func (osKeyring) Set(_ context.Context, service, name, value string) error {
	return outcome(keyring.Set(service, name, value))
}

func (osKeyring) Delete(_ context.Context, service, name string) error {
	return outcome(keyring.Delete(service, name))
}

// outcome puts an answer of go-keyring into this package's terms.
func outcome(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return &Error{Kind: Full, Err: err}
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return &Error{Kind: Missing, Err: err}
	default:
		return classify(err)
	}
}
