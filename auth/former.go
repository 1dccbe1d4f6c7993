package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/auth/fetch"
	"github.com/portico-desktop/portico/auth/vault"
)

// Owns reports if a sign-in is this client's: by its registration, and at an issuer that
// the description stands for. Of no other does the provider get to see a token.
func (c *Client) Owns(a Account) bool {
	return (a.ClientID == "" || a.ClientID == c.provider.ClientID) && c.Issues(a)
}

// Issues reports if a sign-in is at an issuer that the description stands for, whatever
// registration made it.
func (c *Client) Issues(a Account) bool { return c.provider.issues(a.Issuer) }

// issues reports if an issuer can be this provider's, as far as its description tells,
// which is all there is to know of any but Entra's; see checkMetadataIssuer.
func (p Provider) issues(issuer string) bool {
	if p.RecognisedDialect() == Entra {
		a, err := parseEntraAuthority(p.Authority)
		return err == nil && a.issues(issuer)
	}
	if address := p.metadataAddress(); address == p.Authority {
		return strings.TrimSuffix(issuer, "/")+wellKnown == withoutQuery(address)
	}
	return issuer == p.Authority
}

// issues is about tokens, whose issuer names a directory always.
func (a entraAuthority) issues(issuer string) bool {
	tenant, found := strings.CutPrefix(issuer, a.origin+"/")
	tenant, suffix := strings.CutSuffix(tenant, "/v2.0")
	switch {
	case !found || !suffix || !guid().MatchString(tenant):
		return false
	case a.tenant == "consumers":
		return tenant == PersonalTenant
	case guid().MatchString(a.tenant):
		return strings.EqualFold(tenant, a.tenant)
	}
	return true
}

// keptLimit bounds the look for the name of a sign-in that is not to be kept, for
// which nobody should wait.
const keptLimit = 2 * time.Second

// keptName is the name under which a sign-in is kept: the account's ID, or the one
// under which it was kept before directories counted: an update must not make two
// accounts of one person. The record of another registration at the same issuer keeps
// its name, and the second one gets a name with its client in it.
//
// A sign-in that is not to be kept has a name as well, which must not be that of a
// sign-in by another entry of the same person, to which it does nothing.
func (c *Client) keptName(ctx context.Context, a Account, memoryOnly bool) string {
	if memoryOnly {
		limited, cancel := context.WithTimeout(ctx, keptLimit)
		defer cancel()
		ctx = limited
	}
	if a.Object != "" {
		before := accountID(a.Issuer, a.Subject)
		kept, err := read(ctx, c.store, before)
		if err == nil && kept.Account.Issuer == a.Issuer && kept.Account.Subject == a.Subject && c.isOwn(kept, memoryOnly) {
			return before
		}
	}
	kept, err := read(ctx, c.store, a.ID)
	switch {
	case err == nil && c.isOwn(kept, memoryOnly):
		return a.ID
	case err == nil && memoryOnly:
		return a.ID + "." + digestOf(c.provider.ID+"\x00"+c.provider.ClientID)
	case err == nil:
		return a.ID + "." + digestOf(c.provider.ClientID)
	case memoryOnly || !isFree(err):
		return a.ID
	}
	// The other registration's sign-in may be gone, and this one's still be there.
	second := a.ID + "." + digestOf(c.provider.ClientID)
	if _, err := read(ctx, c.store, second); err == nil {
		return second
	}
	return a.ID
}

// isOwn reports if a record is replaced by a new sign-in of this client. One that is not
// to be kept replaces what was made by the same entry alone.
func (c *Client) isOwn(r remembered, memoryOnly bool) bool {
	return c.Owns(r.Account) && (!memoryOnly || r.Account.Provider == c.provider.ID)
}

// isFree says of a failed look that a name is nobody's.
func isFree(err error) bool {
	return errors.Is(err, vault.ErrNotFound) || vault.KindOf(err) == vault.Damaged || vault.KindOf(err) == vault.NotSetUp
}

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// Unremember removes what the key store holds of an account, as far as this client's
// provider made it: for somebody who signs in and does not want to be remembered, not
// from before either.
func (c *Client) Unremember(ctx context.Context, accountID string) error {
	_, err := c.accounts.take(ctx, accountID, func(r remembered) bool { return c.isOwn(r, true) })
	return err
}

// RegistrationError means that a sign-in is of another registration at the same
// issuer, whose token is good for nothing with this one. It comes with [ErrNoSignIn],
// and is kept for the day on which that registration is described again.
type RegistrationError struct {
	// ClientID is the one that the sign-in is of.
	ClientID string
}

func (e *RegistrationError) Error() string { return "it was made by the client " + clean(e.ClientID) }

// notRegistered says why a sign-in of another registration is not renewed. A provider
// that sees a token with the wrong client may end it, so it gets to see none; but if it
// does not know this client either, that is what has to be mended, and not the sign-in.
func (c *Client) notRegistered(ctx context.Context, m *Metadata, a Account) error {
	if m.RevocationEndpoint != "" {
		_, err := c.post(ctx, m, "revocation", m.RevocationEndpoint, tokenNobodyHas(), nil)
		var refused *ProviderError
		if errors.As(err, &refused) && refused.ClientRefused() {
			return err
		}
	}
	return errors.Join(ErrNoSignIn, &RegistrationError{ClientID: a.ClientID})
}

// UntoldError means that a sign-in was removed from this computer, and that the
// provider which it belongs to could not be told: it is not the one that is described
// here, and nothing is known of it any more.
type UntoldError struct {
	// Issuer is the provider.
	Issuer string
}

func (e *UntoldError) Error() string {
	return fmt.Sprintf("the sign-in belongs to %s, which is not described here any more and could not be told", clean(e.Issuer))
}

// SignOutFormer is [Client.SignOut] for a sign-in that no provider owns which is
// described here; see [Client.Owns]. p needs no Provider: the sign-in is revoked at
// its own issuer where CacheDir has a copy of its metadata, and otherwise RevokeErr is
// an *[UntoldError].
func SignOutFormer(ctx context.Context, p Params, accountID string) SignOutReport {
	last := p.Accounts.memory.part(accountID)
	kept, err := p.Accounts.take(ctx, accountID, nil)
	last = last.or(p.Accounts.memory.part(accountID))
	report := SignOutReport{LocalErr: err}
	for _, l := range toRevoke(kept, last) {
		report.merge(tellFormer(ctx, p, l))
	}
	return report
}

// tellFormer revokes a sign-in at the issuer that it belongs to.
func tellFormer(ctx context.Context, p Params, l living) SignOutReport {
	c := formerClient(ctx, p, l.account)
	if c == nil {
		return SignOutReport{RevokeOffered: true, RevokeErr: &UntoldError{Issuer: l.account.Issuer}}
	}
	return c.tell(ctx, []living{l}, parting{})
}

// formerClient is a client for the registration that a sign-in was made by, nil where
// no copy of its provider's metadata is left.
func formerClient(ctx context.Context, p Params, a Account) *Client {
	p.Provider = Provider{ID: a.Provider, ClientID: a.ClientID}
	if a.Object != "" {
		p.Provider.Dialect = Entra
	}
	if p.CacheDir == "" {
		return nil
	}
	copies := (&fetch.Getter{Dir: filepath.Join(p.CacheDir, "provider"), Now: p.Now}).Copies()
	at := slices.IndexFunc(copies, func(d *fetch.Document) bool {
		described := p.Provider
		described.Authority = d.URL
		m, err := decodeMetadata(d.Body)
		return err == nil && strings.Contains(d.URL, wellKnown) && m.issues(a.Issuer) && described.issues(a.Issuer)
	})
	if at < 0 {
		return nil
	}
	p.Provider.Authority = copies[at].URL
	c, err := New(p)
	if err != nil {
		return nil
	}
	// How it proved who it is, is in no record; what it proved it with, is.
	if r, err := c.readCredentials(ctx); err == nil && (r.Secret != nil || len(r.Keys) > 0) {
		p.Provider.ClientAuth.Method = AuthPrivateKey
		if m, err := decodeMetadata(copies[at].Body); r.Secret != nil && err == nil {
			p.Provider.ClientAuth.Method = AuthSecretBasic
			if len(m.AuthMethods) > 0 && !slices.Contains(m.AuthMethods, string(AuthSecretBasic)) {
				p.Provider.ClientAuth.Method = AuthSecretPost
			}
		}
		if c, err = New(p); err != nil {
			return nil
		}
	}
	return c
}
