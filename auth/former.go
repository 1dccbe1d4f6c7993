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

// Owns reports if a sign-in is this client's: by its registration, and at an issuer of
// the description. The provider never gets to see a token of another sign-in.
func (c *Client) Owns(a Account) bool {
	return (a.ClientID == "" || a.ClientID == c.provider.ClientID) && c.Issues(a)
}

// Issues reports if a sign-in is at an issuer of the description, by any registration.
func (c *Client) Issues(a Account) bool { return c.provider.issues(a.Issuer) }

// issues reports if an issuer can be this provider's, as far as its description tells.
// Except for Entra's there is nothing more to know; see checkMetadataIssuer.
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

// issues is about tokens: their issuer always names a directory.
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

// keptLimit bounds the look for the name of a sign-in not to be kept: nobody should wait
// for it.
const keptLimit = 2 * time.Second

// keptName is the name of a kept sign-in: the account's ID, or its name from before
// directories counted: an update must not make two accounts of one person. The record of
// another registration at the same issuer keeps its name, and the second one gets a name
// with its client in it.
//
// A sign-in not to be kept has a name as well. It leaves the same person's sign-in by
// another entry alone, so it must not have that one's name.
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

// isOwn reports if a record is replaced by a new sign-in of this client. One not to be
// kept only replaces a record of the same entry.
func (c *Client) isOwn(r remembered, memoryOnly bool) bool {
	return c.Owns(r.Account) && (!memoryOnly || r.Account.Provider == c.provider.ID)
}

// isFree reports if a name is nobody's, by the error of a look for it.
func isFree(err error) bool {
	return errors.Is(err, vault.ErrNotFound) || vault.KindOf(err) == vault.Damaged || vault.KindOf(err) == vault.NotSetUp
}

func digestOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// Unremember removes the key store's record of an account, as far as this client's
// provider made it: for a person not wanting to be remembered, not from before either.
func (c *Client) Unremember(ctx context.Context, accountID string) error {
	_, err := c.accounts.take(ctx, accountID, func(r remembered) bool { return c.isOwn(r, true) })
	return err
}

// RegistrationError means a sign-in is of another registration at the same issuer, with a
// token of no use to this one. It comes with [ErrNoSignIn], and the sign-in is kept for
// the day on which that registration is described again.
type RegistrationError struct {
	// ClientID is the sign-in's.
	ClientID string
}

func (e *RegistrationError) Error() string { return "it was made by the client " + clean(e.ClientID) }

// notRegistered says why a sign-in of another registration is not renewed. A provider may
// end a token when it sees it with the wrong client, so it gets to see none; but if it
// does not know this client either, this has to be mended, and not the sign-in.
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

// UntoldError means a sign-in was removed from this computer, and its provider could not
// be told: it is not the described one, and nothing is known of it any more.
type UntoldError struct {
	// Issuer is the provider.
	Issuer string
}

func (e *UntoldError) Error() string {
	return fmt.Sprintf("the sign-in belongs to %s, which is not described here any more and could not be told", clean(e.Issuer))
}

// SignOutFormer is [Client.SignOut] for a sign-in of no described provider; see
// [Client.Owns]. p needs no Provider: the sign-in is revoked at its own issuer if
// CacheDir has a copy of its metadata, and otherwise RevokeErr is an *[UntoldError].
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

// tellFormer revokes a sign-in at its issuer.
func tellFormer(ctx context.Context, p Params, l living) SignOutReport {
	c := formerClient(ctx, p, l.account)
	if c == nil {
		return SignOutReport{RevokeOffered: true, RevokeErr: &UntoldError{Issuer: l.account.Issuer}}
	}
	return c.tell(ctx, []living{l}, parting{})
}

// formerClient is a client for the registration of a sign-in, nil if no copy of its
// provider's metadata is left.
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
	// Its method of authentication is in no record; its secret or keys are.
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
