package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// assertionType is client_assertion_type (RFC 7523, section 2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// maxForm bounds the form of an authenticated request. They are ours.
const maxForm = 1 << 20

// credential is one way to authenticate the client: by nothing but its id, with
// a secret, or with a key.
type credential struct {
	method AuthMethod
	secret string
	key    *signingKey
	// form is that of the key's assertions, and trusted: the provider is known to take
	// it; see [Client.attempts].
	form    assertionForm
	trusted bool
}

// credentials are those to try in turn: the current one, and a second key to
// change over to if there is one. There is always one.
//
// Errors: *[ConfigError] when the provider does not take the method,
// *[CredentialError], those of the store.
func (c *Client) credentials(ctx context.Context, m *Metadata) ([]credential, error) {
	method := c.provider.ClientAuth.method()
	if method == AuthNone {
		return []credential{{method: AuthNone}}, nil
	}
	if err := c.checkMethodOffered(m, method); err != nil {
		return nil, err
	}
	switch method {
	case AuthSecretBasic, AuthSecretPost:
		record, err := c.readCredentials(ctx)
		if err != nil {
			return nil, err
		}
		if record.Secret == nil {
			return nil, c.credentialMissing()
		}
		return []credential{{method: method, secret: record.Secret.Value}}, nil
	case AuthPrivateKey:
		keys, err := c.signingKeys(ctx)
		if err != nil {
			return nil, err
		}
		keys, err = c.usable(keys, func(k *signingKey) error {
			if err := c.checkEntraKey(k); err != nil {
				return err
			}
			return c.checkAlgorithmOffered(m, k.algorithm())
		})
		if err != nil {
			return nil, err
		}
		var found []credential
		for _, k := range keys {
			found = append(found, credential{method: method, key: k})
		}
		if found == nil {
			return nil, c.credentialMissing()
		}
		return found, nil
	}
	return nil, c.wrongClientAuth("method", "is %q, which is not known", method)
}

// method names the zero value.
func (a ClientAuth) method() AuthMethod {
	if a.Method == "" {
		return AuthNone
	}
	return a.Method
}

// check finds the fault of a description of client authentication. key is the field,
// problem a phrase that follows it; both are "" when all is well.
func (a ClientAuth) check(d Dialect) (key, problem string) {
	method := a.method()
	switch method {
	case AuthNone, AuthSecretBasic, AuthSecretPost, AuthPrivateKey:
	default:
		return "method", fmt.Sprintf("is %q; possible are %s, %s, %s and %s", a.Method, AuthNone, AuthSecretBasic, AuthSecretPost, AuthPrivateKey)
	}
	switch a.Algorithm {
	case "", algES256, algRS256:
	default:
		return "algorithm", fmt.Sprintf("is %q; possible are %s and %s", a.Algorithm, algES256, algRS256)
	}
	if method != AuthPrivateKey && a.KeyFile != "" {
		return "key_file", fmt.Sprintf("names a file, and %s uses no key", method)
	}
	if method != AuthPrivateKey && a.Algorithm != "" {
		return "algorithm", fmt.Sprintf("is %s, and %s uses no key", a.Algorithm, method)
	}
	if d == Entra && a.Algorithm == algES256 {
		return "algorithm", entraKeysOnly
	}
	return "", ""
}

// entraKeysOnly follows the name of an algorithm's field.
const entraKeysOnly = "is ES256, and Microsoft Entra ID takes RSA keys only: use RS256, or leave it out"

func (c *Client) wrongClientAuth(key, format string, args ...any) error {
	return &ConfigError{Provider: c.provider.Name(), Key: "client_auth." + key, Reason: fmt.Sprintf(format, args...)}
}

func (c *Client) credentialMissing() error {
	return &CredentialError{Provider: c.provider.Name(), Method: c.provider.ClientAuth.Method, Missing: true}
}

func (c *Client) credentialUnusable(err error) error {
	return &CredentialError{Provider: c.provider.Name(), Method: c.provider.ClientAuth.Method, Err: err}
}

// checkMethodOffered holds the description against the metadata, if they say anything.
// "none" is never looked for: most providers do not list it.
func (c *Client) checkMethodOffered(m *Metadata, method AuthMethod) error {
	if len(m.AuthMethods) == 0 || slices.Contains(m.AuthMethods, string(method)) {
		return nil
	}
	return c.wrongClientAuth("method", "is %s, which this provider does not take; it takes %s", method, cleanList(m.AuthMethods))
}

func (c *Client) checkAlgorithmOffered(m *Metadata, algorithm string) error {
	if len(m.AuthAlgs) == 0 || slices.Contains(m.AuthAlgs, algorithm) {
		return nil
	}
	return c.wrongClientAuth("algorithm", "is %s, which this provider does not take; it takes %s", algorithm, cleanList(m.AuthAlgs))
}

// cleanList words a provider's list.
func cleanList(values []string) string {
	return clean(strings.Join(values[:min(len(values), 12)], ", "))
}

// authenticate adds the credential to a request and its form.
func (c *Client) authenticate(req *http.Request, form url.Values, m *Metadata, with credential) error {
	switch with.method {
	case AuthNone:
		form.Set("client_id", c.provider.ClientID)
	case AuthSecretPost:
		form.Set("client_id", c.provider.ClientID)
		form.Set("client_secret", with.secret)
	case AuthSecretBasic:
		// RFC 6749, section 2.3.1: both are encoded as in a form first. The id is not
		// repeated in the form, because some providers take it for a second
		// authentication there. It stays if it belongs to the request itself (RFC 9126,
		// section 2.1).
		if !form.Has("response_type") {
			form.Del("client_id")
		}
		req.SetBasicAuth(url.QueryEscape(c.provider.ClientID), url.QueryEscape(with.secret))
	case AuthPrivateKey:
		assertion, err := c.assertion(with, m, req.URL.String())
		if err != nil {
			return err
		}
		form.Set("client_id", c.provider.ClientID)
		form.Set("client_assertion_type", assertionType)
		form.Set("client_assertion", assertion)
	}
	return nil
}

func readForm(req *http.Request) (url.Values, error) {
	if req.Body == nil {
		return nil, errors.New("the request has no form")
	}
	defer req.Body.Close()
	body, err := io.ReadAll(io.LimitReader(req.Body, maxForm))
	if err != nil {
		return nil, err
	}
	return url.ParseQuery(string(body))
}

func setForm(req *http.Request, form url.Values) {
	body := form.Encode()
	req.ContentLength = int64(len(body))
	req.Body = io.NopCloser(strings.NewReader(body))
	// Nothing here may be sent again without a fresh assertion and proof.
	req.GetBody = nil
}

// base64URL is how all of these standards write bytes.
func base64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
