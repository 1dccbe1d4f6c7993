//go:build linux

package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/demoportal"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// The sizes that a silent start is measured at.
const (
	manyKeys    = 5000
	manyDomains = 20_000
	manyApps    = 500
)

// grownCases are what is measured; whatever has to be closed afterwards goes to
// closers.
func (r *room) grownCases(ctx context.Context, closers *closers) ([]grown, error) {
	status := []string{"status", "--json"}
	one := "1 remembered account"
	alone, beside := r.withAccounts(closers, 1)
	cases := []grown{{name: one, early: true, desk: alone}}
	// How much of the growth is the store's own.
	peers := []grown{{name: "x/oauth2 and go-keyring beside 1 account", desk: beside}}
	for _, n := range []int{10, 50, 200} {
		alone, beside := r.withAccounts(closers, n)
		g := grown{name: fmt.Sprintf("%d remembered accounts", n), base: one, early: true, desk: alone}
		if n == 200 {
			g.aim = "≤ 1.15"
			peers = append(peers, grown{name: fmt.Sprintf("x/oauth2 and go-keyring beside %d accounts", n), base: peers[0].name, desk: beside})
		}
		cases = append(cases, g)
	}
	cases = append(cases, peers...)
	apps, err := r.portalWithApps(ctx, manyApps)
	if err != nil {
		return nil, err
	}
	closers.add(apps)
	cases = append(cases, grown{name: fmt.Sprintf("%d apps", manyApps), base: one, aim: "≤ 1.2", desk: func(ctx context.Context, of build) (stage.Command, error) {
		env := append(r.env(fmt.Sprintf("apps-%t", of.other)), "PORTICO_PORTAL="+apps.url)
		_, err := r.login(ctx, of, env, "ada")
		return stage.Command{Name: of.program("porticoctl"), Args: status, Env: env}, err
	}})
	small := "a policy of 1 key"
	keys, domains := map[string]any{}, []string{"contoso.example"}
	for i := range manyKeys {
		keys[fmt.Sprintf("Key%05d", i)] = "a value that nobody knows"
	}
	for i := range manyDomains {
		domains = append(domains, fmt.Sprintf("d%05d.example", i))
	}
	for _, p := range []struct {
		grown
		settings map[string]any
	}{
		{grown{name: small, base: one}, map[string]any{"Language": "en"}},
		{grown{name: fmt.Sprintf("a policy of %d keys", manyKeys), base: small, aim: "≤ 1.2"}, keys},
		{grown{name: fmt.Sprintf("AllowedDomains of %d", manyDomains), base: small, aim: "≤ 1.2"}, map[string]any{"AllowedDomains": domains}},
	} {
		g := p.grown
		g.desk = func(ctx context.Context, of build) (stage.Command, error) {
			env, err := r.desk(ctx, of, "policy")
			if err != nil {
				return stage.Command{}, err
			}
			enter, err := r.underPolicy(ctx, g.name, p.settings)
			if err != nil {
				return stage.Command{}, err
			}
			return stage.Command{Name: "nsenter", Args: append(append(enter, of.program("porticoctl")), status...), Env: env}, nil
		}
		cases = append(cases, g)
	}
	return cases, nil
}

// closers are what has to be closed after the part.
type closers struct {
	mu  sync.Mutex
	all []io.Closer
}

func (c *closers) add(one io.Closer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, one)
}

func (c *closers) close() error {
	var errs []error
	for _, one := range c.all {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}

// withAccounts is a room of its own for each build. That many people have signed in on
// one desk there. besides is the sign-in of 40 lines of x/oauth2 with the same key store.
func (r *room) withAccounts(closers *closers, n int) (desk, besides func(context.Context, build) (stage.Command, error)) {
	var mu sync.Mutex
	rooms := map[bool]*room{}
	roomOf := func(ctx context.Context, of build) (*room, error) {
		mu.Lock()
		defer mu.Unlock()
		if own := rooms[of.other]; own != nil {
			return own, nil
		}
		own, err := r.room(ctx, stage.Params{})
		if err == nil {
			rooms[of.other] = own
			closers.add(own)
		}
		return own, err
	}
	// Its commands run in this room, by the other one's bus.
	with := func(own *room, env []string) []string {
		return append(env, "DBUS_SESSION_BUS_ADDRESS=unix:path="+filepath.Join(own.Dir, "run", "bus"), "XDG_RUNTIME_DIR="+filepath.Join(own.Dir, "run"))
	}
	desk = func(ctx context.Context, of build) (stage.Command, error) {
		own, err := roomOf(ctx, of)
		if err != nil {
			return stage.Command{}, err
		}
		var people []string
		for i := range n {
			people = append(people, fmt.Sprintf("ada@%d", i))
		}
		env, err := own.desk(ctx, of, "accounts", people...)
		return stage.Command{Name: of.program("porticoctl"), Args: []string{"status", "--json"}, Env: with(own, env)}, err
	}
	besides = func(ctx context.Context, of build) (stage.Command, error) {
		own, err := roomOf(ctx, of)
		if err != nil {
			return stage.Command{}, err
		}
		i := slices.IndexFunc(r.peers, func(p peer) bool { return p.key == oauth2Peer })
		if i < 0 {
			return stage.Command{}, lack{errors.New("there is no such peer")}
		}
		p := r.peers[i]
		if p.lack != nil {
			return stage.Command{}, p.lack
		}
		c := p.command(own, "silent")
		c.Env = with(own, c.Env)
		return c, p.seed(ctx, own)
	}
	return desk, besides
}

// underPolicy returns the arguments for nsenter to run a program where this is the
// computer's policy. The place lasts as long as the room.
func (r *room) underPolicy(ctx context.Context, name string, settings map[string]any) ([]string, error) {
	if err := stage.Require("unshare", "nsenter"); err != nil {
		return nil, err
	}
	policy, err := json.Marshal(map[string]any{"settings": settings})
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(r.Dir, strings.ReplaceAll(name, " ", "-"))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "policy.json")
	if err := os.WriteFile(file, policy, 0o600); err != nil {
		return nil, err
	}
	script := strings.NewReplacer("FOLDER", folder, "FILE", file).Replace(`set -e
		mount -t tmpfs tmpfs /mnt
		mkdir /mnt/upper /mnt/work
		cp FILE /mnt/policy.json
		mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc
		mkdir -p -m 0755 /etc/portico
		install -m 0644 /mnt/policy.json /etc/portico/policy.json
		echo ready
		exec sleep infinity`)
	unshare, enter := []string{"--mount"}, []string{"--mount"}
	if os.Getuid() != 0 {
		unshare, enter = append([]string{"--user", "--map-root-user"}, unshare...), append([]string{"--user", "--preserve-credentials"}, enter...)
	}
	p, err := r.Start(stage.Command{Name: "unshare", Args: append(unshare, "sh", "-c", script)})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if _, err := p.WaitLine(ctx, func(line string) bool { return line == "ready" }); err != nil {
		return nil, lack{err}
	}
	return append([]string{"--target", fmt.Sprint(p.PID())}, append(enter, "--")...), nil
}

// appsPortal is a portal with many apps.
type appsPortal struct {
	*http.Server
	url string
}

// portalWithApps serves the demo portal's manifest with that many apps and no logo.
func (b *bench) portalWithApps(ctx context.Context, n int) (*appsPortal, error) {
	raw, err := demoportal.Manifest(demoportal.Provider{ID: "work", Title: "Work account", Authority: b.provider.Issuer(), ClientID: "portico"})
	if err != nil {
		return nil, err
	}
	var manifest map[string]any
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return nil, err
	}
	var menus []any
	for i := range n {
		menus = append(menus, map[string]any{
			"id": fmt.Sprint("app-", i), "title": fmt.Sprint("App ", i), "icon": "mail", "url": fmt.Sprintf("https://app%d.contoso.example/?login_hint={login_hint}", i),
		})
	}
	manifest["menus"] = menus
	delete(manifest, "logo")
	if raw, err = json.Marshal(manifest); err != nil {
		return nil, err
	}
	secure, err := b.authority.Server()
	if err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+demoportal.ManifestPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "max-age=3600")
		_, _ = w.Write(raw)
	})
	p := &appsPortal{&http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}, "https://" + l.Addr().String()}
	go func() { _ = p.Serve(tls.NewListener(l, secure)) }()
	return p, nil
}
