package authtest

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

var (
	formAction = regexp.MustCompile(`<form method="post" action="([^"]*)"[^>]*>`)
	formField  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// maxForms bounds how often a page posts itself: a program may take the browser back here.
const maxForms = 5

// Browse opens an address as the person's browser would: it follows redirects, and posts the form of
// a form_post response, or of a page elsewhere on the way back to the provider. It returns the last
// page, with its body read into memory; the request in it tells the final address. When the person
// [Leaves], this is the provider's own page.
func (p *Provider) Browse(ctx context.Context, address string) (*http.Response, error) {
	response, page, err := p.open(ctx, http.MethodGet, address, nil, "")
	for range maxForms {
		if err != nil {
			return response, err
		}
		action := formAction.FindStringSubmatch(page)
		// A browser names the origin of a form, unless the page forbids it.
		from := p.server.URL
		if !strings.HasPrefix(response.Request.URL.String(), p.server.URL) {
			from = "null"
		}
		if action == nil || from == "null" && !strings.HasPrefix(html.UnescapeString(action[1]), p.server.URL) {
			return response, nil
		}
		fields := url.Values{}
		for _, f := range formField.FindAllStringSubmatch(page, -1) {
			fields.Add(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
		}
		response, page, err = p.open(ctx, http.MethodPost, html.UnescapeString(action[1]), fields, from)
	}
	return response, err
}

func (p *Provider) open(ctx context.Context, method, address string, form url.Values, from string) (*http.Response, string, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, "", fmt.Errorf("opening a page: %w", err)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", from)
	}
	response, err := p.Client().Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	page, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return nil, "", fmt.Errorf("reading a page: %w", err)
	}
	response.Body = io.NopCloser(strings.NewReader(string(page)))
	return response, string(page), nil
}
