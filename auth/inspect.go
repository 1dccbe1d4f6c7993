package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Inspection is a provider's present metadata and keys, held against this client's
// requests. Texts in it are the provider's own unless said otherwise, and have to be
// cleaned before they are shown.
type Inspection struct {
	Metadata *Metadata
	// Keys are all keys published by the provider, used or not; one for unannounced
	// algorithms is Unusable here. KeysErr says why they could not be read, as
	// [Client.Metadata] does.
	Keys    []PublishedKey
	KeysErr error
	// Algorithms are those an ID token may be signed with: announced, and known here.
	// Without an announcement they are those of the keys.
	Algorithms []string

	// Scopes are those asked for; LeftOut are wanted and not asked for, because this
	// provider does not have them. Unannounced are asked for although the metadata list
	// scopes and lack these: many lack those of APIs.
	Scopes, LeftOut, Unannounced []string
	// NotLasting: a refresh token is wanted, and the metadata list scopes without
	// offline_access. Some providers give one all the same.
	NotLasting bool
	// Prompt is the parameter of the same name when nobody wishes for another, "" for none.
	Prompt string
	// DPoP: sign-ins are bound to a key (RFC 9449). Pushed: requests are pushed (RFC
	// 9126).
	DPoP, Pushed bool

	// Copy is the copy kept of the metadata before, nil for none. It is not renewed.
	Copy *MetadataCopy
	// Problems are the reasons why nobody at all can sign in, each as [Client.Begin] and
	// [SignIn.Wait] would return it, or as a *[ConfigError] about jwks_uri if no key can
	// be used.
	Problems []error
}

// MetadataCopy is a copy on disk, compared with the provider's present metadata.
type MetadataCopy struct {
	// Read is when the provider gave or confirmed it; Fresh: it counts without being
	// confirmed.
	Read  time.Time
	Fresh bool
	// Differences are the members with another value now, by name.
	Differences []Difference
}

// Difference is a member of the metadata in a copy and now: a text, or another value in
// JSON, "" if it is not there.
type Difference struct{ Name, Before, Now string }

// IsAddress reports if the provider is to be reached elsewhere: until the copy is
// renewed, requests go to the former address, perhaps gone.
func (d Difference) IsAddress() bool {
	return strings.HasSuffix(d.Name, "_endpoint") || d.Name == "jwks_uri"
}

// Inspect reads the provider's metadata and keys now, whatever copies there are. It
// changes nothing: no copy is kept or renewed, nobody is signed in, and no credential
// is sent. Secrets and keys of this client are looked for in the store.
//
// Errors: those of [Client.RenewMetadata]. Other faults are in the result.
func (c *Client) Inspect(ctx context.Context) (*Inspection, error) {
	// A client without a directory for copies leaves those of this one as they are.
	looking, err := New(Params{Provider: c.provider, Accounts: c.accounts, HTTP: c.http, Now: c.now, Log: c.log})
	if err != nil {
		return nil, err
	}
	m, err := looking.RenewMetadata(ctx)
	if err != nil {
		return nil, err
	}
	i := &Inspection{Metadata: m, Copy: c.copyOf(m)}
	i.Pushed, _ = c.pushes(m)
	for _, alg := range m.allowedAlgorithms() {
		i.Algorithms = append(i.Algorithms, string(alg))
	}
	i.Keys, i.KeysErr = looking.publishedKeys(ctx, m)
	if len(m.SigningAlgs) == 0 && i.KeysErr == nil {
		i.Algorithms = slices.DeleteFunc(i.Algorithms, func(alg string) bool {
			return !slices.ContainsFunc(i.Keys, func(k PublishedKey) bool { return k.Unusable == "" && k.signs(alg) })
		})
	}
	i.asks(c, m)
	for _, problem := range []error{c.checkAlgorithms(m), c.checkKeys(i), c.checkPushing(m), c.provider.CheckOffer(m)} {
		if problem != nil {
			i.Problems = append(i.Problems, problem)
		}
	}
	if _, err := c.credentials(ctx, m); err != nil {
		i.Problems = append(i.Problems, err)
	}
	return i, nil
}

func (c *Client) publishedKeys(ctx context.Context, m *Metadata) ([]PublishedKey, error) {
	d, err := c.document(ctx, c.docs, "keys", m.JWKSURI, isJSON)
	var elsewhere *NotProviderError
	switch {
	case errors.As(err, &elsewhere):
		return nil, c.noKey(elsewhere.Err.Error())
	case err != nil:
		return nil, err
	}
	keys, err := parseKeySet(d.Body)
	if err != nil {
		return nil, c.noKey(err.Error())
	}
	for n, k := range keys {
		announced := slices.ContainsFunc(m.allowedAlgorithms(), func(a jose.SignatureAlgorithm) bool { return k.signs(string(a)) })
		if k.Unusable == "" && !announced {
			keys[n].Unusable = "it signs with none of the algorithms that are announced and known here"
		}
	}
	return keys, nil
}

// asks notes the demands on the provider, out of a request as sign-ins make it.
func (i *Inspection) asks(c *Client, m *Metadata) {
	r := c.newRequest(m, BeginOptions{})
	i.Scopes = strings.Fields(r.parameters.Get("scope"))
	wanted := c.provider.scopes()
	i.NotLasting = len(m.Scopes) > 0 && slices.Contains(wanted, "offline_access") && !c.wantsOffline(m)
	i.Prompt, i.DPoP = r.parameters.Get("prompt"), r.proof != nil
	for _, s := range wanted {
		if !slices.Contains(i.Scopes, s) {
			i.LeftOut = append(i.LeftOut, s)
		}
	}
	for _, s := range i.Scopes {
		if len(m.Scopes) > 0 && !slices.Contains(m.Scopes, s) {
			i.Unannounced = append(i.Unannounced, s)
		}
	}
}

// checkKeys finds a set of no use for checking tokens.
func (c *Client) checkKeys(i *Inspection) error {
	if i.KeysErr != nil || len(i.Algorithms) == 0 {
		return nil //nolint:nilerr // said already
	}
	var why []string
	for _, k := range i.Keys {
		if k.Unusable == "" {
			return nil
		}
		why = append(why, fmt.Sprintf("%q: %s", clean(k.ID), k.Unusable))
	}
	if why == nil {
		return c.noKey("it is empty")
	}
	return c.noKey(strings.Join(why[:min(len(why), 10)], "; "))
}

func (c *Client) noKey(why string) error {
	return &ConfigError{Provider: c.provider.Name(), Key: "jwks_uri", AtProvider: true, Reason: "names no key that ID tokens can be checked with: " + why}
}

// checkPushing finds a provider with a demand for pushed requests and no endpoint for them.
func (c *Client) checkPushing(m *Metadata) error {
	if m.PAREndpoint != "" || !m.PARRequired {
		return nil
	}
	return &ConfigError{
		Provider: c.provider.Name(), Key: "pushed_authorization_request_endpoint", AtProvider: true,
		Reason: "is missing or not https, although the provider accepts nothing but pushed requests",
	}
}

// copyOf compares the copy on disk, if there is a usable one.
func (c *Client) copyOf(now *Metadata) *MetadataCopy {
	d, ok := c.docs.Cached(c.provider.metadataAddress())
	if !ok {
		return nil
	}
	before, err := c.parseMetadata(d.Body)
	if err != nil {
		return nil
	}
	return &MetadataCopy{Read: d.Fetched, Fresh: c.docs.IsFresh(d), Differences: differences(before, now)}
}

func differences(before, now *Metadata) []Difference {
	a, b := members(before), members(now)
	names := maps.Clone(a)
	maps.Copy(names, b)
	var found []Difference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !bytes.Equal(a[name], b[name]) {
			found = append(found, Difference{Name: name, Before: shown(a[name]), Now: shown(b[name])})
		}
	}
	return found
}

func shown(member json.RawMessage) string {
	var text string
	if json.Unmarshal(member, &text) == nil {
		return text
	}
	return string(member)
}

// members are the metadata's as JSON.
func members(m *Metadata) map[string]json.RawMessage {
	var all map[string]json.RawMessage
	raw, err := json.Marshal(m)
	if err != nil || json.Unmarshal(raw, &all) != nil {
		return nil // never: these are texts, lists of texts and booleans
	}
	return all
}
