//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// visitor is a scripted browser: it keeps cookies, follows redirects and fills in the
// provider's forms. A real one would take longer for its own start than all the rest.
type visitor struct{ client *http.Client }

func (b *bench) newVisitor() (*visitor, error) {
	issuer, err := url.Parse(b.provider.Issuer())
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(b.authority.File)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(raw)
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	return &visitor{&http.Client{
		Jar:       jar,
		Timeout:   time.Minute,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DialContext: dialsHere(issuer)},
		// It goes on by itself within a site and to the provider, and not back to whoever
		// waits for the answer.
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			if next.URL.Host != issuer.Host && next.URL.Host != before[0].URL.Host {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}}, nil
}

// What to look for in the provider's pages: their questions, and where the last one
// sends its answer by itself (OAuth 2.0 Form Post Response Mode).
var (
	question = regexp.MustCompile(`name="prompt" value="(login|consent)"`)
	sendsTo  = regexp.MustCompile(`<form method="post" action="([^"]*)">`)
	hidden   = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"/>`)
)

// wayBack is how the browser comes back to its sender: an address, and a form for it if
// the provider answers with one.
type wayBack struct {
	address string
	form    url.Values
}

// authorize opens a sign-in's address, signs in as this person, agrees, and returns
// how the provider sends the browser back.
func (v *visitor) authorize(ctx context.Context, address, person string) (wayBack, error) {
	to := wayBack{address: address}
	for range 4 {
		resp, page, err := v.open(ctx, to)
		if err != nil {
			return to, err
		}
		if resp.StatusCode == http.StatusSeeOther || resp.StatusCode == http.StatusFound {
			return wayBack{address: resp.Header.Get("Location")}, nil
		}
		if form := sendsTo.FindStringSubmatch(page); form != nil {
			back := wayBack{html.UnescapeString(form[1]), url.Values{}}
			for _, f := range hidden.FindAllStringSubmatch(page, -1) {
				back.form.Add(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
			}
			return back, nil
		}
		asked := question.FindStringSubmatch(page)
		if asked == nil {
			return to, fmt.Errorf("the provider's page (%s) asks for nothing that is known: %s", resp.Status, page)
		}
		to = wayBack{resp.Request.URL.String(), url.Values{"prompt": {asked[1]}, "login": {person}, "password": {"any will do"}}}
	}
	return to, errors.New("the provider asks again and again")
}

// arrive goes back.
func (v *visitor) arrive(ctx context.Context, back wayBack) error {
	resp, _, err := v.open(ctx, back, "Origin", "null")
	if err == nil && resp.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("whoever waits for the browser answered %s", resp.Status)
	}
	return err
}

// open opens an address, by its form if there is one, with these names and values of
// headers, and returns the page.
func (v *visitor) open(ctx context.Context, to wayBack, headers ...string) (resp *http.Response, page string, err error) {
	method := http.MethodGet
	if to.form != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, to.address, strings.NewReader(to.form.Encode()))
	if err != nil {
		return nil, "", err
	}
	if to.form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	if resp, err = v.client.Do(req); err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp, string(raw), err
}

// refreshToken signs in without any program, and returns the refresh token for curl and
// the peers to begin with. client is [public], or one with a secret.
func (b *bench) refreshToken(ctx context.Context, client stage.SecondClient) (string, error) {
	v, err := b.newVisitor()
	if err != nil {
		return "", err
	}
	const back = "http://127.0.0.1/"
	verifier := rand.Text() + rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	to, err := v.authorize(ctx, b.provider.Issuer()+authPath+"?"+url.Values{
		"client_id": {client.ID}, "response_type": {"code"}, "redirect_uri": {back}, "scope": {scopes},
		"prompt":                {"consent"}, // without it there is no offline_access (OpenID Connect Core, section 11)
		"code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
	}.Encode(), "ada")
	if err != nil {
		return "", err
	}
	u, err := url.Parse(to.address)
	if err != nil {
		return "", err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "redirect_uri": {back}, "code": {u.Query().Get("code")}, "code_verifier": {verifier}}
	var headers []string
	if client.Secret == "" {
		form.Set("client_id", client.ID)
	} else {
		headers = []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(client.ID+":"+client.Secret))}
	}
	resp, page, err := v.open(ctx, wayBack{b.provider.Issuer() + b.provider.TokenPath(), form}, headers...)
	if err != nil {
		return "", err
	}
	var answer struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(page), &answer); err != nil || answer.RefreshToken == "" {
		return "", fmt.Errorf("the provider answered %s without a refresh token", resp.Status)
	}
	return answer.RefreshToken, nil
}

// public is Portico's client, and the client of every peer that can be a public one.
func public() stage.SecondClient { return stage.SecondClient{ID: "portico"} }

const (
	// authPath is the path of oidc-provider's authorization endpoint.
	authPath = "/auth"
	scopes   = "openid email profile offline_access"
)
