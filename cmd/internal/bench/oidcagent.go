//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

const oidcAgent = "oidc-agent"

// withSecret is oidc-agent's client: it authenticates itself by a secret even if that
// is empty.
func withSecret() stage.SecondClient {
	return stage.SecondClient{ID: "oidc-agent", Secret: "of no worth outside this run"}
}

// oidcAgentPeer is Debian's oidc-agent. It holds the refresh token in its memory.
func (b *bench) oidcAgentPeer(ctx context.Context, p *peer) error {
	for _, program := range []string{"oidc-agent", "oidc-gen", "oidc-token"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("the system package oidc-agent-cli is not installed: %w", err)
		}
	}
	out, err := exec.CommandContext(ctx, "oidc-agent", "--version").Output()
	p.name = strings.TrimSpace(string(out)) + ", running"
	return err
}

// oidcToken asks the running agent for a new access token.
func (r *room) oidcToken() stage.Command {
	return stage.Command{Name: "oidc-token", Args: []string{"--force-new", "portico"}, Env: r.oidcAgentEnv}
}

// startOIDCAgent starts it and makes it known with a sign-in.
func (r *room) startOIDCAgent(ctx context.Context) error {
	client := withSecret()
	token, err := r.refreshToken(ctx, client)
	if err != nil {
		return err
	}
	// It goes on in the background, until the room is closed.
	said, _, err := r.answered(ctx, stage.Command{Name: "oidc-agent"})
	if err != nil {
		return err
	}
	socket, _, found := strings.Cut(said, ";")
	if !found || !strings.HasPrefix(socket, "OIDC_SOCK=") {
		return errors.New("oidc-agent does not say where it is")
	}
	r.oidcAgentEnv = []string{socket}
	_, err = r.timed(ctx, stage.Command{
		Name: "oidc-gen",
		Args: []string{
			"--manual", "--flow=refresh", "--rt-env", "--issuer=" + r.provider.Issuer() + "/", "--client-id=" + client.ID, "--client-secret=" + client.Secret,
			"--scope=" + scopes, "--redirect-uri=http://localhost:4242", "--cert-path=" + r.trust.bundle, "--pw-cmd=echo bench", "--no-url-call", "portico",
		},
		// Of an environment only the process's owner knows.
		Env: append([]string{"OIDC_REFRESH_TOKEN=" + token}, r.oidcAgentEnv...),
	})
	return err
}
