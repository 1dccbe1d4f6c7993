package proxystore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth/authtest/squid"
	"github.com/portico-desktop/portico/auth/network"
	"github.com/portico-desktop/portico/auth/network/proxyauth"
	"github.com/portico-desktop/portico/auth/vault"
)

const proxy = "proxy.test:8080"

// counting is a key store in files that counts what it is asked.
type counting struct {
	Secrets
	mu    sync.Mutex
	calls int
}

func (c *counting) Get(ctx context.Context, name string) ([]byte, error) {
	c.mu.Lock()
	c.calls++
	c.mu.Unlock()
	return c.Secrets.Get(ctx, name)
}

// in is the store of one more program, in a folder.
func in(dir string) (*Store, *counting) {
	files := &counting{Secrets: vault.New(vault.Params{Service: "test", Backend: vault.Files(filepath.Join(dir, "secrets")), PartSize: vault.FilesPartSize})}
	return New(Params{Secrets: files, File: filepath.Join(dir, "proxies.json"), LockDir: filepath.Join(dir, "locks")}), files
}

func password(t *testing.T, s *Store) (*proxyauth.Attempt, proxyauth.Lack) {
	t.Helper()
	a, err := s.Password(context.Background(), proxy)
	var lack *proxyauth.LackError
	if err != nil && !errors.As(err, &lack) {
		t.Fatal(err)
	}
	if err != nil {
		return nil, lack.Lack
	}
	return a, ""
}

func set(t *testing.T, s *Store, password string, remember bool) {
	t.Helper()
	if err := s.Set(context.Background(), proxy, "ada", password, remember); err != nil {
		t.Fatal(err)
	}
}

func TestAPasswordIsTriedOnceForAllPrograms(t *testing.T) {
	dir := t.TempDir()
	first, _ := in(dir)
	set(t, first, "wrong", true)
	second, _ := in(dir)
	a, lack := password(t, second)
	if lack != "" || a.Name != "ada" || a.Password != "wrong" {
		t.Fatalf("%+v, %s", a, lack)
	}
	// Nobody else gets it meanwhile.
	soon, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := first.Password(soon, proxy); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("somebody else gets it: %v", err)
	}
	a.Done(proxyauth.Refused)
	third, _ := in(dir)
	for _, s := range []*Store{first, second, third} {
		if _, lack := password(t, s); lack != proxyauth.PasswordRefused {
			t.Errorf("after the refusal: %q", lack)
		}
	}
	set(t, third, "right", true)
	for _, s := range []*Store{second, first} {
		a, lack := password(t, s)
		if lack != "" || a.Password != "right" {
			t.Fatalf("after another password: %+v, %s", a, lack)
		}
		a.Done(proxyauth.Taken)
	}
	known, err := first.Proxies()
	want := map[string]Proxy{proxy: {Name: proxy, Password: true}}
	if diff := cmp.Diff(want, known); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	// What was right a moment ago is for everybody at once; when it is refused, for nobody.
	x, _ := password(t, first)
	y, _ := password(t, second)
	if x == nil || y == nil {
		t.Fatal("one waits for the other")
	}
	x.Done(proxyauth.Refused)
	y.Done(proxyauth.Taken) // from before
	if _, lack := password(t, second); lack != proxyauth.PasswordRefused {
		t.Errorf("after a later refusal: %q", lack)
	}
}

func TestAnswersThatNeverCome(t *testing.T) {
	dir := t.TempDir()
	s, _ := in(dir)
	set(t, s, "p", true)
	for range maxUnanswered {
		a, lack := password(t, s)
		if lack != "" {
			t.Fatal(lack)
		}
		a.Done(proxyauth.Unanswered)
	}
	s, _ = in(dir)
	if _, lack := password(t, s); lack != proxyauth.PasswordRefused {
		t.Errorf("it is sent for ever: %q", lack)
	}
	set(t, s, "p", true)
	for range 5 {
		a, lack := password(t, s)
		if lack != "" {
			t.Fatalf("one that was not sent counts: %s", lack)
		}
		a.Done(proxyauth.Unsent)
	}
	a, _ := password(t, s)
	a.Done(proxyauth.Taken)
	for range 5 {
		if a, lack := password(t, s); lack != "" {
			t.Fatalf("one that was right before counts: %s", lack)
		} else {
			a.Done(proxyauth.Unanswered)
		}
	}
}

// A program that ends in the middle leaves neither a lock nor another try behind.
func TestAProgramThatEndsInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	s, _ := in(dir)
	set(t, s, "p", true)
	for range maxUnanswered {
		cmd := exec.Command(os.Args[0], "-test.run=^TestOtherProgram$")
		cmd.Env = append(os.Environ(), "PORTICO_TEST_DIR="+dir, "PORTICO_TEST_DIES=yes")
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "it has the password") {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if _, lack := password(t, s); lack != proxyauth.PasswordRefused {
		t.Errorf("%q", lack)
	}
}

// TestOtherProgram is another program, when another test starts it.
func TestOtherProgram(t *testing.T) {
	dir := os.Getenv("PORTICO_TEST_DIR")
	if dir == "" {
		return
	}
	s, _ := in(dir)
	if os.Getenv("PORTICO_TEST_DIES") != "" {
		if a, lack := password(t, s); a != nil {
			fmt.Println("it has the password")
			os.Exit(3)
		} else {
			t.Fatal(lack)
		}
	}
	tr, err := network.New(network.Options{Proxy: os.Getenv("PORTICO_TEST_PROXY"), Proxies: s})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			resp, err := tr.Client().Get("http://intranet.contoso.test:1/")
			if err == nil {
				resp.Body.Close()
			}
		})
	}
	all.Wait()
}

func TestManyProgramsAskSquidOnce(t *testing.T) {
	for _, scheme := range []string{"basic", "digest"} {
		t.Run(scheme, func(t *testing.T) {
			running := squid.Start(t, squid.Options{Wants: []string{scheme}})
			dir := t.TempDir()
			s, _ := in(dir)
			name := "localhost:" + running.Port
			if err := s.Set(context.Background(), name, squid.Name, "wrong", true); err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					cmd := exec.Command(os.Args[0], "-test.run=^TestOtherProgram$")
					cmd.Env = append(os.Environ(), "PORTICO_TEST_DIR="+dir, "PORTICO_TEST_PROXY=http://"+name, "NO_PROXY=")
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Errorf("%v: %s", err, out)
					}
				})
			}
			all.Wait()
			named := func(l squid.Line) bool { return l.Name == squid.Name && l.Status == http.StatusProxyAuthRequired }
			tries := 0
			for _, l := range running.LogUntil(t, named) {
				if named(l) {
					tries++
				}
			}
			if tries != 1 {
				t.Errorf("the wrong password was tried %d times", tries)
			}
		})
	}
}

func TestAPasswordForThisRunAlone(t *testing.T) {
	dir := t.TempDir()
	s, secrets := in(dir)
	set(t, s, "p", false)
	a, lack := password(t, s)
	if lack != "" || a.Password != "p" {
		t.Fatal(lack)
	}
	a.Done(proxyauth.Refused)
	if _, lack := password(t, s); lack != proxyauth.PasswordRefused {
		t.Errorf("after a refusal: %q", lack)
	}
	if secrets.calls != 0 {
		t.Errorf("the key store was asked %d times", secrets.calls)
	}
	other, _ := in(dir)
	if _, lack := password(t, other); lack != proxyauth.NoPassword {
		t.Errorf("another program: %q", lack)
	}
	// Kept from now on, and then not any more.
	set(t, s, "q", true)
	if a, lack := password(t, other); lack != "" || a.Password != "q" {
		t.Errorf("%+v, %s", a, lack)
	} else {
		a.Done(proxyauth.Taken)
	}
	set(t, s, "r", false)
	if _, lack := password(t, other); lack != proxyauth.NoPassword {
		t.Errorf("another program: %q", lack)
	}
}

func TestForget(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s, secrets := in(dir)
	if err := s.ForgetAll(ctx); err != nil || secrets.calls != 0 {
		t.Errorf("nothing to forget: %v, %d calls", err, secrets.calls)
	}
	k := proxyauth.Known{Offered: []proxyauth.Scheme{proxyauth.Negotiate, proxyauth.Basic}, Used: proxyauth.Basic}
	s.Learn(ctx, proxy, k)
	set(t, s, "secret-9f31", true)
	s.Learn(ctx, "other.test:1", k)
	if diff := cmp.Diff(k, s.Known(ctx, proxy)); diff != "" {
		t.Errorf("known (-want +got):\n%s", diff)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "proxies.json"))
	if err != nil || strings.Contains(string(raw), "secret-9f31") || strings.Contains(string(raw), "ada") {
		t.Errorf("the file holds %s, %v", raw, err)
	}
	if found, err := s.Forget(ctx, "unknown.test:1"); found || err != nil {
		t.Errorf("an unknown one: %v, %v", found, err)
	}
	if found, err := s.Forget(ctx, proxy); !found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if got := s.Known(ctx, proxy); got.Used != "" {
		t.Errorf("still known: %+v", got)
	}
	if _, lack := password(t, s); lack != proxyauth.NoPassword {
		t.Errorf("%q", lack)
	}
	if _, err := secrets.Secrets.Get(ctx, itemName); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("the key store still has it: %v", err)
	}
	set(t, s, "p", true)
	if err := s.ForgetAll(ctx); err != nil {
		t.Error(err)
	}
	if known, err := s.Proxies(); len(known) != 0 || err != nil {
		t.Errorf("%v, %v", known, err)
	}
}

// What stands in the files, or does not, is never the end of it.
func TestDamagedFiles(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	s, secrets := in(dir)
	set(t, s, "p", true)
	if err := secrets.Put(ctx, itemName, []byte("[]")); err != nil {
		t.Fatal(err)
	}
	if _, lack := password(t, s); lack != proxyauth.NoPassword {
		t.Errorf("a damaged item: %q", lack)
	}
	set(t, s, "p", true)
	for _, content := range []string{"", "null", "{", "[1]"} {
		if err := os.WriteFile(filepath.Join(dir, "proxies.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s.Learn(ctx, proxy, proxyauth.Known{Used: proxyauth.Digest})
		if got := s.Known(ctx, proxy); got.Used != proxyauth.Digest {
			t.Errorf("with %q before: %+v", content, got)
		}
	}
	for _, content := range []string{"", "{", "{}"} {
		set(t, s, "p", true)
		if err := os.WriteFile(filepath.Join(dir, "proxies.json"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		err := s.ForgetAll(ctx)
		if _, kept := secrets.Secrets.Get(ctx, itemName); err != nil || !errors.Is(kept, vault.ErrNotFound) {
			t.Errorf("with %q a password outlasts that everything is forgotten: %v, %v", content, err, kept)
		}
	}
	// Where it cannot be noted, a new password is not sent.
	set(t, s, "p", true)
	s.p.File = filepath.Join(dir, "proxies.json", "x")
	if a, lack := password(t, s); a != nil {
		t.Errorf("it is given out: %q", lack)
	}
}
