package identity

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/portico-desktop/portico/cmd/internal/gateway/desk"
	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

// maxToken is the length of the longest token looked at, in bytes.
const maxToken = 64 << 10

// typ is the type of the gateway's own tokens (RFC 9068, section 2.1).
const typ = "at+jwt"

// own is the content of a token of the gateway's.
type own struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	// Subject is the person's id, and Row the row in the store.
	Subject string `json:"sub"`
	Row     int64  `json:"row"`
	// Organization is the id, and OrganizationRow the row.
	Organization    string   `json:"org,omitempty"`
	OrganizationRow int64    `json:"org_row,omitempty"`
	Name            string   `json:"name"`
	Address         string   `json:"email,omitempty"`
	Groups          []string `json:"groups,omitempty"`
	Roles           []string `json:"roles,omitempty"`
	IssuedAt        int64    `json:"iat"`
	Expires         int64    `json:"exp"`
	// AuthTime is when the provider vouched for the person.
	AuthTime int64 `json:"auth_time"`

	who      *desk.Person
	expires  time.Time
	authTime time.Time
}

// issue signs a token for a person for whom the provider vouched at a time.
func (i *Identity) issue(ctx context.Context, who *desk.Person, authTime time.Time) (string, time.Duration, error) {
	now := i.Now()
	expires := now.Add(Lifetime)
	if last := authTime.Add(Renewable); last.Before(expires) {
		expires = last
	}
	payload, err := json.Marshal(own{
		Issuer: i.URL, Audience: i.URL, Subject: who.ID, Row: who.Row, Organization: who.Organization, OrganizationRow: who.OrganizationRow,
		Name: who.Name, Address: who.Address, Groups: who.Groups, Roles: who.Roles,
		IssuedAt: now.Unix(), Expires: expires.Unix(), AuthTime: authTime.Unix(),
	})
	if err != nil {
		return "", 0, err
	}
	key, err := i.keys.signing(ctx)
	if err != nil {
		return "", 0, err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: jose.JSONWebKey{Key: key.private, KeyID: key.ID}}, (&jose.SignerOptions{}).WithType(typ))
	if err != nil {
		return "", 0, err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", 0, err
	}
	raw, err := signed.CompactSerialize()
	return raw, expires.Sub(now), err
}

// errForeign is for a token not signed by the gateway.
var errForeign = errors.New("the token is not the portal's")

// read checks the signature, issuer, audience and type of an own token, and not its times.
func (i *Identity) read(ctx context.Context, raw string) (*own, error) {
	if len(raw) > maxToken {
		return nil, errForeign
	}
	signed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.EdDSA})
	if err != nil || len(signed.Signatures) != 1 {
		return nil, errForeign
	}
	header := signed.Signatures[0].Protected
	if header.ExtraHeaders[jose.HeaderType] != typ {
		return nil, errForeign
	}
	public, found := i.keys.public(ctx, header.KeyID)
	if !found {
		return nil, errForeign
	}
	payload, err := signed.Verify(public)
	if err != nil {
		return nil, errForeign
	}
	var o own
	if err := json.Unmarshal(payload, &o); err != nil || o.Issuer != i.URL || o.Audience != i.URL || o.Subject == "" || o.Row == 0 {
		return nil, errForeign
	}
	o.expires, o.authTime = time.Unix(o.Expires, 0), time.Unix(o.AuthTime, 0)
	o.who = &desk.Person{
		Row: o.Row, ID: o.Subject, Name: o.Name, Address: o.Address, Organization: o.Organization, OrganizationRow: o.OrganizationRow,
		Groups: o.Groups, Roles: o.Roles,
	}
	return &o, nil
}

// renewed renews an own token, which may have expired meanwhile: for [Renewable] after the
// provider's, and unless the person was shut out. Roles and organization are those of now.
func (i *Identity) renewed(ctx context.Context, raw string) (*desk.Person, time.Time, error) {
	o, err := i.read(ctx, raw)
	if err != nil {
		return nil, time.Time{}, &refused{invalidGrant, "The token is not this portal's.", err}
	}
	if i.Now().Sub(o.authTime) >= Renewable {
		return nil, time.Time{}, &refused{invalidGrant, "The token can no longer be renewed. Renew the sign-in, and send its ID token.", nil}
	}
	var found *desk.Person
	err = i.Store.Write(ctx, func(tx *store.Tx) error {
		p, err := tx.Person(o.Row)
		if errors.Is(err, store.ErrNotFound) || err == nil && p.ID != o.Subject {
			return &refused{invalidGrant, "This portal does not know the person.", nil}
		}
		if err != nil {
			return err
		}
		if p.Removed != nil || p.OutSince != nil {
			return &refused{invalidGrant, "This person has no access to the portal any more.", nil}
		}
		var of *settings.Organization
		if p.Organization != 0 {
			row, err := tx.Organization(p.Organization)
			if err != nil {
				return err
			}
			for n := range i.Organizations {
				if i.Organizations[n].ID == row.Key {
					of = &i.Organizations[n]
				}
			}
			if of == nil {
				p.Organization = 0
			}
		}
		p.Seen = tx.Now()
		found = i.person(p, of, o.Groups)
		p.Claims = claims(found)
		return tx.SavePerson(p)
	})
	return found, o.authTime, err
}
