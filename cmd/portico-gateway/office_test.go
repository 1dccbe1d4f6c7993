package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
	"github.com/portico-desktop/portico/cmd/internal/selfsigned"
)

// asGateway has this test's program be portico-gateway.
const asGateway = "PORTICO_TEST_AS_GATEWAY"

func TestMain(m *testing.M) {
	if os.Getenv(asGateway) != "" {
		os.Unsetenv(asGateway)
		os.Exit(run())
	}
	os.Exit(m.Run())
}

// office is an IT team's folder with a portal in it, and a provider.
type office struct {
	t        *testing.T
	dir      string
	provider *demoidp.Server
	url      string
	// operations is the address of health and metrics.
	operations string
	http       *http.Client
	serving    *exec.Cmd
	ended      chan struct{}
}

// freePort finds a port for a portal, whose address has to be known before it listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func newOffice(t *testing.T) *office {
	t.Helper()
	provider, err := demoidp.Params{}.Start(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = provider.Close() })
	o := &office{t: t, dir: t.TempDir(), provider: provider, url: "https://127.0.0.1:" + freePort(t), operations: "127.0.0.1:" + freePort(t)}
	o.http = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: o.certificate(), MinVersion: tls.VersionTLS12}}}
	t.Cleanup(o.http.CloseIdleConnections)
	t.Cleanup(func() {
		if o.serving != nil {
			_ = o.serving.Process.Kill()
			<-o.ended
		}
	})
	return o
}

// certificate writes portal.pem and portal.key.
func (o *office) certificate() *x509.CertPool {
	c, err := selfsigned.New("portal")
	if err == nil {
		err = selfsigned.Write(c, filepath.Join(o.dir, "portal.pem"), filepath.Join(o.dir, "portal.key"))
	}
	if err != nil {
		o.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(c.Leaf)
	return pool
}

func (o *office) command(args ...string) *exec.Cmd {
	o.t.Helper()
	self, err := os.Executable()
	if err != nil {
		o.t.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Dir, c.Env = o.dir, append(os.Environ(), asGateway+"=1", "PORTICO_GATEWAY_OPERATIONS="+o.operations)
	return c
}

// run runs a command to its end and returns what it said, and its exit code.
func (o *office) run(args ...string) (said string, code int) {
	o.t.Helper()
	c := o.command(args...)
	out, err := c.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		o.t.Fatal(err)
	}
	return string(out), c.ProcessState.ExitCode()
}

// does runs a command that has to do what it is for.
func (o *office) does(args ...string) string {
	o.t.Helper()
	said, code := o.run(args...)
	if code != 0 {
		o.t.Fatalf("%q ended with %d: %s", args, code, said)
	}
	return said
}

// serve starts the gateway and waits until it serves.
func (o *office) serve() {
	o.t.Helper()
	c := o.command("serve")
	var log bytes.Buffer
	c.Stderr = &log
	out, err := c.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.serving, o.ended = c, make(chan struct{})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, "serves "+o.url) {
		_ = c.Wait()
		close(o.ended)
		o.t.Fatalf("it does not serve: %v; %q; %s", err, line, log.String())
	}
	go func() {
		_, _ = io.Copy(io.Discard, out)
		_ = c.Wait()
		close(o.ended)
	}()
}

// stop ends the gateway in good order, or kills it.
func (o *office) stop(s os.Signal) {
	o.t.Helper()
	if err := o.serving.Process.Signal(s); err != nil {
		o.t.Fatal(err)
	}
	select {
	case <-o.ended:
	case <-time.After(30 * time.Second):
		o.t.Fatal("the gateway does not end")
	}
	if code := o.serving.ProcessState.ExitCode(); s == syscall.SIGTERM && code != 0 {
		o.t.Errorf("it ended with %d", code)
	}
	o.serving = nil
}

// signIn signs a person in at the provider, and exchanges the ID token for the portal's.
func (o *office) signIn(subject string) *desktop {
	o.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	const redirect = "http://127.0.0.1:45678/"
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), redirect) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	defer browser.CloseIdleConnections()
	issuer := o.provider.Issuer()
	config := &oauth2.Config{
		ClientID: demoidp.ClientID, RedirectURL: redirect, Scopes: []string{"openid", "email", "profile"},
		Endpoint: oauth2.Endpoint{AuthURL: issuer + "/authorize", TokenURL: issuer + "/oauth/token", AuthStyle: oauth2.AuthStyleInParams},
	}
	verifier := oauth2.GenerateVerifier()
	page, err := browser.Get(config.AuthCodeURL("s", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("nonce", "n")))
	if err != nil {
		o.t.Fatal(err)
	}
	page.Body.Close()
	back, err := browser.PostForm(issuer+"/login", url.Values{"request": {page.Request.URL.Query().Get("request")}, "person": {subject}})
	if err != nil {
		o.t.Fatal(err)
	}
	back.Body.Close()
	to, err := back.Location()
	if err != nil {
		o.t.Fatal(err)
	}
	token, err := config.Exchange(o.t.Context(), to.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		o.t.Fatal(err)
	}
	raw, _ := token.Extra("id_token").(string)
	answer, err := o.http.PostForm(o.url+"/v1/token", url.Values{"grant_type": {api.GrantTokenExchange}, "subject_token_type": {api.TypeIDToken}, "subject_token": {raw}})
	if err != nil {
		o.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		o.t.Fatalf("%v, %s: %s", err, answer.Status, body)
	}
	var given api.TokenAnswer
	if err := json.Unmarshal(body, &given); err != nil {
		o.t.Fatal(err)
	}
	return &desktop{o: o, token: given.AccessToken}
}

// desktop is a person's, signed in.
type desktop struct {
	o      *office
	token  string
	cursor string
}

// ask makes a request; into takes the answer of 2xx.
func (d *desktop) ask(method, path string, header http.Header, body, into any) int {
	d.o.t.Helper()
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			d.o.t.Fatal(err)
		}
		sent = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(d.o.t.Context(), method, d.o.url+path, sent)
	if err != nil {
		d.o.t.Fatal(err)
	}
	if header != nil {
		r.Header = header.Clone()
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := d.o.http.Do(r)
	if err != nil {
		d.o.t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		d.o.t.Fatal(err)
	}
	if into != nil && answer.StatusCode/100 == 2 && len(raw) > 0 {
		if err := json.Unmarshal(raw, into); err != nil {
			d.o.t.Fatalf("%v: %s", err, raw)
		}
	}
	if answer.StatusCode >= 400 {
		d.o.t.Logf("%s %s: %s %s", method, path, answer.Status, raw)
	}
	return answer.StatusCode
}

// sync reads everything new; waiting waits for it.
func (d *desktop) sync() (all api.Sync) {
	d.o.t.Helper()
	for {
		path := "/v1/sync"
		if d.cursor != "" {
			path += "?cursor=" + url.QueryEscape(d.cursor)
		}
		var one api.Sync
		status := d.ask(http.MethodGet, path, http.Header{"Prefer": {"wait=0"}}, nil, &one)
		if status == http.StatusNoContent {
			return all
		}
		if status != http.StatusOK {
			d.o.t.Fatalf("/v1/sync: %d", status)
		}
		d.cursor = one.Cursor
		all.Tickets, all.Entries, all.Done = append(all.Tickets, one.Tickets...), append(all.Entries, one.Entries...), append(all.Done, one.Done...)
		all.Announcements = append(all.Announcements, one.Announcements...)
		if !one.More {
			return all
		}
	}
}

// waits begins a sync that waits, and returns once it does. The channel has the answer, and is
// closed without one if the connection broke.
func (d *desktop) waits() <-chan api.Sync {
	d.o.t.Helper()
	heard := make(chan api.Sync, 1)
	r, err := http.NewRequestWithContext(d.o.t.Context(), http.MethodGet, d.o.url+"/v1/sync?cursor="+url.QueryEscape(d.cursor), nil)
	if err != nil {
		d.o.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Prefer", "wait=15")
	go func() {
		defer close(heard)
		answer, err := d.o.http.Do(r)
		if err != nil {
			return
		}
		defer answer.Body.Close()
		var news api.Sync
		if answer.StatusCode == http.StatusOK && json.NewDecoder(answer.Body).Decode(&news) == nil {
			d.cursor = news.Cursor
		}
		heard <- news
	}()
	for range time.Tick(5 * time.Millisecond) {
		metrics, err := http.Get("http://" + d.o.operations + "/metrics")
		if err != nil {
			d.o.t.Fatal(err)
		}
		text, err := io.ReadAll(metrics.Body)
		metrics.Body.Close()
		if err != nil {
			d.o.t.Fatal(err)
		}
		if strings.Contains(string(text), "portico_sync_waiting 1\n") {
			return heard
		}
		select {
		case news, answered := <-heard:
			d.o.t.Fatalf("the sync does not wait: %v %+v", answered, news)
		default:
		}
	}
	return heard
}
