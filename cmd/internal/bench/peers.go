//go:build linux

package main

import (
	"context"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// peerFolder has the peers' sources, a module of its own.
const peerFolder = "cmd/internal/bench/peers"

// oauth2Peer is the key of the least that a sign-in takes in Go.
const oauth2Peer = "oauth2"

// peer is somebody else's way to sign in.
type peer struct {
	// key is its own name in files, and name its name for people, with versions.
	key, name string
	program   string
	args      []string
	// does is what it takes part in: "silent", "herd", "login".
	does []string
	// lack is why it is not here.
	lack error
}

// makesPeer is a peer, and how it comes onto this computer.
type makesPeer struct {
	peer
	make func(ctx context.Context, b *bench, p *peer) error
}

func allPeers() []makesPeer {
	goPeer := func(key, name string, modules []string, does ...string) makesPeer {
		return makesPeer{peer{key: key, name: name, does: does}, func(ctx context.Context, b *bench, p *peer) error {
			return b.goPeer(ctx, p, modules)
		}}
	}
	nodePeer := func(key, name, script, pack string, does ...string) makesPeer {
		return makesPeer{peer{key: key, name: name, does: does}, func(ctx context.Context, b *bench, p *peer) error {
			return b.nodePeer(ctx, p, script, pack)
		}}
	}
	return []makesPeer{
		goPeer(oauth2Peer, "40 lines of x/oauth2 and go-keyring", []string{"golang.org/x/oauth2", "github.com/zalando/go-keyring"}, "silent", "herd"),
		goPeer("oidc", "the same with go-oidc", []string{"github.com/coreos/go-oidc/v3"}, "silent"),
		goPeer("oauth2cli", "oauth2cli and go-keyring", []string{"github.com/int128/oauth2cli"}, "login"),
		nodePeer("openid", "openid-client", "openid.mjs", "openid-client", "silent"),
		nodePeer("msal-node", "MSAL Node", "msal.mjs", "@azure/msal-node", "silent", "login"),
		{peer{key: "msal-python", name: "MSAL Python", does: []string{"silent"}}, func(ctx context.Context, b *bench, p *peer) error { return b.pythonPeer(ctx, p) }},
		{peer{key: oidcAgent, name: "oidc-agent, running", does: []string{"silent"}}, func(ctx context.Context, b *bench, p *peer) error { return b.oidcAgentPeer(ctx, p) }},
	}
}

// preparePeers builds and installs the peers of the parts, before anything is measured,
// and names the missing ones.
func (b *bench) preparePeers(ctx context.Context, chosen []part) {
	if !slices.ContainsFunc(chosen, func(p part) bool { return slices.Contains([]string{"silent", "redirect", "herd", "growth"}, p.name) }) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for _, m := range allPeers() {
		p := m.peer
		p.lack = m.make(ctx, b, &p)
		b.peers = append(b.peers, p)
	}
}

// goPeer builds one and names the versions of these modules.
func (b *bench) goPeer(ctx context.Context, p *peer, modules []string) error {
	linked := filepath.Join(b.dir, p.key+".linked")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", linked, "./"+p.key)
	build.Dir = filepath.Join(b.root, peerFolder)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, out)
	}
	p.program = filepath.Join(b.dir, "peer-"+p.key)
	if err := copyProgram(linked, p.program); err != nil { // as ours are: see copyBuilds
		return err
	}
	info, err := buildinfo.ReadFile(p.program)
	if err != nil {
		return err
	}
	for _, d := range info.Deps {
		if slices.Contains(modules, d.Path) {
			p.name = strings.Replace(p.name, shortName(d.Path), shortName(d.Path)+" "+d.Version, 1)
		}
	}
	return nil
}

// shortName is what people call a module.
func shortName(module string) string { return path.Base(strings.TrimSuffix(module, "/v3")) }

// nodePeer installs the package that the script is from.
func (b *bench) nodePeer(ctx context.Context, p *peer, script, pack string) error {
	folder, err := stage.NodePackages(ctx, b.log, peerFolder+"/node")
	if err != nil {
		return err
	}
	if p.program, err = stage.Node(); err != nil {
		return err
	}
	p.args = []string{filepath.Join(folder, script)}
	raw, err := os.ReadFile(filepath.Join(folder, "node_modules", pack, "package.json"))
	if err != nil {
		return err
	}
	var is struct{ Version string }
	if err := json.Unmarshal(raw, &is); err != nil {
		return err
	}
	node, err := exec.CommandContext(ctx, p.program, "--version").Output()
	p.name += " " + is.Version + " on Node.js " + strings.TrimSpace(string(node))
	return err
}

// pythonPeer is Debian's MSAL Python, on Debian's own Python.
func (b *bench) pythonPeer(ctx context.Context, p *peer) error {
	p.program = "/usr/bin/python3"
	p.args = []string{filepath.Join(b.root, peerFolder, "python.py")}
	out, err := exec.CommandContext(ctx, p.program, "-c", "import msal; print(msal.__version__)").CombinedOutput()
	if err != nil {
		return fmt.Errorf("the system package python3-msal is not installed: %s", out)
	}
	p.name += " " + strings.TrimSpace(string(out))
	return nil
}

// command is how a peer is told to do something in a room.
func (p peer) command(r *room, do string) stage.Command {
	if p.key == oidcAgent {
		return r.oidcToken()
	}
	endpoint := r.provider.Issuer()
	return stage.Command{Name: p.program, Args: append(slices.Clone(p.args), do), Env: []string{
		"PEER_ISSUER=" + endpoint, "PEER_TOKEN=" + endpoint + r.provider.TokenPath(), "PEER_AUTH=" + endpoint + authPath,
		"PEER_STORE=" + filepath.Join(r.Dir, "peer-"+p.key),
	}}
}

// seed gives a peer a sign-in of its own to begin with.
func (p peer) seed(ctx context.Context, r *room) error {
	if p.key == oidcAgent {
		return r.startOIDCAgent(ctx)
	}
	token, err := r.refreshToken(ctx, public())
	if err != nil {
		return err
	}
	c := p.command(r, "seed")
	c.Stdin = strings.NewReader(token)
	_, err = r.timed(ctx, c)
	return err
}

// peersThat are the contenders that can do something, each as run makes it. A missing
// peer says so in its turn.
func (r *room) peersThat(do string, run func(ctx context.Context, p peer) ([]float64, error)) []contender {
	var contenders []contender
	for _, p := range r.peers {
		if !slices.Contains(p.does, do) {
			continue
		}
		seeded := do == "login"
		contenders = append(contenders, contender{name: p.name, optional: true, run: func(ctx context.Context) ([]float64, error) {
			if p.lack != nil {
				return nil, p.lack
			}
			ctx, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			if !seeded {
				if err := p.seed(ctx, r); err != nil {
					return nil, err
				}
				seeded = true
			}
			return run(ctx, p)
		}})
	}
	return contenders
}
