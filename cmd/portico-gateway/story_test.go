package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/oauth2"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
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
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "portal"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		o.t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		o.t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"portal.pem": {Type: "CERTIFICATE", Bytes: der}, "portal.key": {Type: "PRIVATE KEY", Bytes: raw}} {
		if err := os.WriteFile(filepath.Join(o.dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			o.t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		o.t.Fatal(err)
	}
	pool.AddCert(parsed)
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

// An IT team starts a portal from nothing, a person asks, a technician answers in another
// process, and the desktop that waits hears of it. Then the gateway is restarted, and killed.
func TestPortalFromNothing(t *testing.T) {
	o := newOffice(t)
	said := o.does("init", "--url", o.url, "--name", "Contoso IT", "--email", "help@contoso.example", "--authority", o.provider.Issuer(),
		"--client-id", demoidp.ClientID, "--tls", "file", "--certificate", "portal.pem", "--key", "portal.key")
	if !strings.Contains(said, "portico-gateway check") {
		t.Errorf("init does not say what is next: %s", said)
	}
	if again, code := o.run("init", "--url", o.url); code != exitUsage || !strings.Contains(again, "is not overwritten") {
		t.Errorf("init again: %d %s", code, again)
	}
	if said := o.does("check"); strings.Contains(said, "WRONG") {
		t.Errorf("check: %s", said)
	}
	o.serve()
	ada, grace := o.signIn("demo-ada"), o.signIn("demo-grace")
	ada.sync()
	grace.sync()

	var forms api.Forms
	if status := ada.ask(http.MethodGet, "/v1/forms", nil, nil, &forms); status != http.StatusOK || len(forms.Forms) != 2 {
		t.Fatalf("forms: %d %d", status, len(forms.Forms))
	}
	asked := slices.IndexFunc(forms.Forms, func(f api.Form) bool { return f.ID == "broken" })
	key := uuid.Must(uuid.NewV7()).String()
	request := api.NewTicket{Form: "broken", FormVersion: forms.Forms[asked].Version, Answers: json.RawMessage(`{"device":"printer","printer":"2nd floor","subject":"The printer eats paper"}`)}
	var made, again api.Created
	if status := ada.ask(http.MethodPost, "/v1/tickets", http.Header{api.HeaderIdempotencyKey: {key}}, request, &made); status != http.StatusCreated || made.Number == "" {
		t.Fatalf("a request: %d %+v", status, made)
	}
	if status := ada.ask(http.MethodPost, "/v1/tickets", http.Header{api.HeaderIdempotencyKey: {key}}, request, &again); status != http.StatusCreated || again != made {
		t.Errorf("the same again: %d %+v", status, again)
	}
	news := ada.sync()
	if len(news.Tickets) != 1 || len(news.Done) != 1 || news.Done[0].Key != key || news.Done[0].Outcome != api.Delivered {
		t.Errorf("after the request: %+v", news)
	}
	if status := grace.ask(http.MethodGet, "/v1/tickets/"+made.ID, nil, nil, nil); status != http.StatusNotFound {
		t.Errorf("another's request: %d", status)
	}

	// The technician answers while the desktop waits.
	heard := ada.waits()
	o.does("tickets", "reply", made.Number, "Please open the flap on the left.", "--as", "Tom of IT")
	o.does("tickets", "note", made.Number, "He always forgets the flap.")
	select {
	case news = <-heard:
	case <-time.After(10 * time.Second):
		t.Fatal("the desktop hears nothing")
	}
	if !slices.ContainsFunc(news.Entries, func(e api.Entry) bool {
		return e.Body == "Please open the flap on the left." && e.Author != nil && e.Author.Name == "Tom of IT" && e.Staff
	}) {
		t.Errorf("the answer: %+v", news.Entries)
	}
	if quiet := ada.sync(); len(quiet.Entries) > 0 {
		t.Errorf("the note is told: %+v", quiet)
	}
	shown := o.does("tickets", "show", made.Number)
	for _, part := range []string{"The printer eats paper", "Ada Lovelace <ada@contoso.example>", "He always forgets the flap.", "(internal)"} {
		if !strings.Contains(shown, part) {
			t.Errorf("%q is not in %s", part, shown)
		}
	}
	heard = grace.waits()
	o.does("announce", "The canteen is closed", "Until Monday.", "--severity", "info")
	if news := <-heard; len(news.Announcements) != 1 {
		t.Errorf("after the announcement: %+v", news)
	}

	// A restart in good order answers those who wait, and ends nobody's sign-in.
	ada.sync()
	heard = ada.waits()
	o.stop(syscall.SIGTERM)
	if _, answered := <-heard; !answered {
		t.Error("who waits is not answered at the end")
	}
	o.serve()
	o.http.CloseIdleConnections()
	if news := grace.sync(); len(news.Announcements) > 0 {
		t.Errorf("news comes twice: %+v", news)
	}
	// Neither does a death.
	o.stop(syscall.SIGKILL)
	o.serve()
	o.http.CloseIdleConnections()
	var found api.Ticket
	if status := ada.ask(http.MethodGet, "/v1/tickets/"+made.ID, nil, nil, &found); status != http.StatusOK || found.Status.Category != api.Open {
		t.Errorf("after a death: %d %+v", status, found.Status)
	}
}

func TestCommandsSayWhatIsWrong(t *testing.T) {
	o := newOffice(t)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"serve"}, exitConfiguration, "portico-gateway init writes one"},
		{[]string{"check"}, exitConfiguration, "WRONG  settings: gateway.toml: is not there"},
		{[]string{"serves"}, exitUsage, `there is no command "serves"`},
		{[]string{"init"}, exitUsage, "--url is missing"},
		{[]string{"init", "--url", "http://portal.example.com"}, exitUsage, "write an https address"},
		{[]string{"init", "--url", o.url, "--authority", "https://a.example", "--tenant", "contoso.com", "--client-id", "x"}, exitUsage, "give one of them"},
		{[]string{"tickets", "reply", "1"}, exitUsage, "the TEXT is missing"},
		{[]string{"version", "x"}, exitUsage, `"x" is too much`},
	} {
		if said, code := o.run(c.args...); code != c.code || !strings.Contains(said, c.want) {
			t.Errorf("%q: %d %s; want %d and %q", c.args, code, said, c.code, c.want)
		}
	}
	o.does("init", "--url", o.url, "--name", "Contoso IT", "--authority", o.provider.Issuer(), "--client-id", "portico", "--tls", "file", "--certificate", "none.pem", "--key", "portal.key")
	if said, code := o.run("check"); code != exitConfiguration || !strings.Contains(said, "WRONG  certificate") {
		t.Errorf("check without a certificate: %d %s", code, said)
	}
	if said, code := o.run("serve"); code == 0 || !strings.Contains(said, "tls.certificate and tls.key") {
		t.Errorf("serve without a certificate: %d %s", code, said)
	}
	settings := filepath.Join(o.dir, "gateway.toml")
	raw, err := os.ReadFile(settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settings, append(raw, "\nwait = \"x\"\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, code := o.run("check"); code != exitConfiguration || !strings.Contains(said, "line ") {
		t.Errorf("check of wrong settings: %d %s", code, said)
	}
}
