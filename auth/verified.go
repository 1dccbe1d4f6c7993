package auth

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Verified is what a provider vouches for in a token checked by a [Verifier].
type Verified struct {
	// Account is the person the token is about. Its words for display are as far as the
	// token has them. Guest is set, at Entra, by the optional claim acct.
	Account
	// Audience are those the token is meant for.
	Audience []string
	// AuthorizedParty is the client it was given to: azp, or client_id in access tokens
	// (RFC 9068, section 2.2). "" if the token does not say.
	AuthorizedParty string
	// IssuedAt and Expires are its times, by the provider's clock.
	IssuedAt, Expires time.Time
	// Scopes are those of an access token (RFC 9068, section 2.2.3, or scp at Entra and
	// Okta); nil for an ID token.
	Scopes []string

	// Address is the mail address if the provider vouches for it as this person's own, ""
	// otherwise: it calls it verified or, at Entra, the account's home is a directory named
	// by the authority or Tenants. A guest never has one, and at Entra nobody without the
	// optional claim acct, by which members are told from guests.
	Address string
	// Member: the person's home is where the token comes from. At Entra that takes the
	// optional claim acct; no other provider is known to have guests.
	Member bool

	claims  jsonObject
	member  bool // by Entra's word the person is no guest
	dialect Dialect
}

// Claim reads any other claim, as groups, and reports if the token has it. Into is as for
// json.Unmarshal.
//
// Errors: *[TrustError] for a claim there twice or in anything but UTF-8, those of
// json.Unmarshal.
func (v *Verified) Claim(name string, into any) (there bool, err error) {
	value, there := v.claims.values[name]
	if !there {
		return false, nil
	}
	if !v.claims.good(name) {
		return true, untrusted(name, "the claim is there twice, or is no UTF-8")
	}
	return true, json.Unmarshal(value, into)
}

func newVerified(c *Client, token *idToken, claims *tokenClaims) (*Verified, error) {
	all, err := readObject(token.payload)
	if err != nil {
		return nil, untrusted("id_token", "its claims cannot be read: %v", err)
	}
	v := &Verified{
		Account: c.account(claims), Audience: claims.Audience, AuthorizedParty: claims.AuthorizedParty,
		IssuedAt: claims.IssuedAt.time(), Expires: claims.Expiry.time(), claims: all, dialect: c.dialect,
	}
	if v.AuthorizedParty == "" {
		_, _ = v.Claim("client_id", &v.AuthorizedParty)
	}
	for _, name := range []string{"scope", "scp"} {
		var words texts
		if there, err := v.Claim(name, &words); there && err == nil && v.Scopes == nil {
			v.Scopes = strings.Fields(strings.Join(words, " "))
		}
	}
	if c.dialect == Entra {
		// It is optional: nobody is called a member without it.
		var status int
		if there, err := v.Claim("acct", &status); there && err == nil {
			v.Guest, v.member = status != 0, status == 0
		}
	}
	v.Member = !v.vouchedFor().Guest
	if a := v.vouchedFor(); v.Member && (a.EmailVerified || !a.EmailListed && c.isHome(a)) {
		v.Address = a.Email
	}
	return v, nil
}

// isForAccess reports if the token was meant to be an access token.
func (v *Verified) isForAccess(h tokenHeader) bool {
	named := slices.ContainsFunc(h.Type, func(kind string) bool {
		return strings.TrimPrefix(strings.ToLower(kind), "application/") == "at+jwt"
	})
	return named || len(v.Scopes) > 0 || v.claims.good("roles") && v.claims.values["roles"] != nil
}

// vouchedFor is the account as far as its address may decide: without Entra's word the
// person may be a guest, with an address anybody may have written; see [Allowed].
func (v *Verified) vouchedFor() Account {
	a := v.Account
	a.Guest = v.dialect == Entra && !v.member
	return a
}
