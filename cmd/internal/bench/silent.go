//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/cmd/internal/stage"
)

// silentStart counts the requests of a silent start, and compares the time of
// one, as a whole process, with curl making the same token request.
func (b *bench) silentStart(ctx context.Context, pairs int) error {
	contenders := b.starts()
	b.say("\n## The silent start\n")
	for _, c := range contenders {
		asked, err := b.requests(ctx, c)
		switch {
		case err == nil:
			b.say("Requests to the provider%s: %s; aim: 1.", suffix(c.other), asked)
		case !c.other || ctx.Err() != nil:
			return err
		}
	}
	floor, err := b.bareRequest(ctx)
	if err != nil {
		return err
	}
	all, err := inTurn(ctx, 1, pairs, contenders, &floor)
	if err != nil {
		return err
	}
	b.say("\nTime of the whole process, %d pairs in turn: `porticoctl status` with no agent running (key store, lock,", pairs)
	b.say("request, save, checks) against `curl` making the same token request.\n")
	b.spreads(quantity{name: "porticoctl status", unit: "ms"}, 0, all, floor.name)
	return nil
}

// starts are silent starts of each build.
func (b *bench) starts() []contender {
	return b.both(func(of build) contender {
		return contender{name: "porticoctl status", run: func(ctx context.Context) ([]float64, error) {
			desk, err := b.desk(ctx, of, "silent")
			if err != nil {
				return nil, err
			}
			return b.timed(ctx, stage.Command{Name: of.program("porticoctl"), Args: []string{"status", "--json"}, Env: desk})
		}}
	})
}

// bareRequest is curl making the token request of a silent start, with the refresh token
// of a sign-in of its own.
func (b *bench) bareRequest(ctx context.Context) (c contender, err error) {
	if b.curls == "" {
		b.curls, err = b.token(ctx)
	}
	return contender{name: "curl", run: func(ctx context.Context) ([]float64, error) {
		next, took, err := b.curl(ctx, b.curls)
		b.curls = next
		return took, err
	}}, err
}

// requests says what somebody asks the provider for in a single run, the second
// one: the first one may have to sign in.
func (b *bench) requests(ctx context.Context, c contender) (string, error) {
	if _, err := c.run(ctx); err != nil {
		return "", err
	}
	before, err := b.provider.Requests(ctx)
	if err != nil {
		return "", err
	}
	if _, err := c.run(ctx); err != nil {
		return "", err
	}
	after, err := b.provider.Requests(ctx)
	if err != nil {
		return "", err
	}
	var asked []string
	total := 0
	for path, n := range after {
		if d := n - before[path]; d > 0 {
			asked, total = append(asked, fmt.Sprintf("%d × %s", d, path)), total+d
		}
	}
	slices.Sort(asked)
	return fmt.Sprintf("%d (%s)", total, strings.Join(asked, ", ")), nil
}

// timed runs a command and returns the milliseconds that it took, and those of them that
// were the processor's.
func (b *bench) timed(ctx context.Context, c stage.Command) ([]float64, error) {
	started := time.Now()
	result, err := b.stage.Run(ctx, c)
	took := time.Since(started)
	if err == nil && result.Code != 0 {
		err = fmt.Errorf("%s %s ended with %d: %s", c, strings.Join(c.Args, " "), result.Code, result.Tail)
	}
	return []float64{milliseconds(took), milliseconds(result.CPU)}, err
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// token signs in once more and takes that sign-in's refresh token out of the key
// store, for curl.
func (b *bench) token(ctx context.Context) (string, error) {
	known, err := b.refreshTokens(ctx)
	if err != nil {
		return "", err
	}
	if _, err := b.desk(ctx, b.builds[0], "curl"); err != nil {
		return "", err
	}
	now, err := b.refreshTokens(ctx)
	if err != nil {
		return "", err
	}
	for t := range now {
		if !known[t] {
			return t, nil
		}
	}
	return "", fmt.Errorf("no new sign-in among the %d that the key store holds", len(now))
}

// refreshTokens reads what Portico keeps, as only this desk's owner can.
func (b *bench) refreshTokens(ctx context.Context) (map[string]bool, error) {
	secrets, err := b.stage.Secrets(ctx)
	if err != nil {
		return nil, err
	}
	tokens := make(map[string]bool)
	for _, s := range secrets {
		if t := refreshToken(s.Value); t != "" {
			tokens[t] = true
		}
	}
	return tokens, nil
}

// refreshToken takes the token out of an entry of the key store, "" if it is
// not one that holds a sign-in.
func refreshToken(entry []byte) string {
	var head struct {
		Data []byte `json:"data"`
	}
	var kept struct {
		RefreshToken string `json:"refresh_token"`
	}
	if json.Unmarshal(entry, &head) != nil || json.Unmarshal(head.Data, &kept) != nil {
		return ""
	}
	return kept.RefreshToken
}

// curl makes the token request that a silent start makes, and is timed. The form goes
// in by standard input: an argument could be read by everybody on the machine.
func (b *bench) curl(ctx context.Context, token string) (next string, took []float64, err error) {
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {"portico"}, "refresh_token": {token}}.Encode()
	endpoint := b.provider.Issuer() + b.provider.TokenPath()
	started := time.Now()
	result, err := b.stage.Run(ctx, stage.Command{
		Name: "curl", Args: append([]string{"--silent", "--show-error", "--fail", "--cacert", b.trusted, "--data", "@-", endpoint}, b.curlArgs...),
		Env: b.more, Stdin: bytes.NewReader([]byte(form)),
	})
	took = []float64{milliseconds(time.Since(started)), milliseconds(result.CPU)}
	if err == nil && result.Code != 0 {
		// Only the errors: the answer has tokens in it.
		err = fmt.Errorf("curl ended with %d", result.Code)
	}
	if err != nil {
		return "", nil, err
	}
	var answer struct {
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.Unmarshal([]byte(result.Stdout), &answer); err != nil || answer.RefreshToken == "" {
		return "", nil, fmt.Errorf("the provider answered curl without a refresh token (%w)", err)
	}
	return answer.RefreshToken, took, nil
}
