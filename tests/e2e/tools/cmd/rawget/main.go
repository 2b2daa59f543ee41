// Command rawget sends one GET to an API server, with the Accept header it is told, and stores what came back: the body in
// one file, the interesting headers in another. kubectl get --raw can neither set Accept nor show headers.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

// kept are the headers worth recording, in the order they are written. The others are dates, random ids, and the length,
// which is no longer true once a body has been normalised.
var kept = []string{"Content-Type", "Etag", "Vary", "Cache-Control", "Retry-After", "Warning", "Www-Authenticate"}

func main() {
	log.SetFlags(0)
	log.SetPrefix("rawget: ")
	server := flag.String("server", "", "base URL")
	ca := flag.String("cacert", "", "PEM file of the CA that signed the server's certificate")
	cert := flag.String("cert", "", "PEM file of a client certificate")
	key := flag.String("key", "", "PEM file of its private key")
	tokenFile := flag.String("token-file", "", "file of a bearer token")
	accept := flag.String("accept", "application/json", "Accept header")
	etag := flag.String("if-none-match", "", "If-None-Match header")
	// A user agent that begins with curl, Wget or Mozilla gets indented JSON, which no other client ever sees.
	agent := flag.String("user-agent", "libkube-rawget", "User-Agent header")
	head := flag.String("headers", "", "file for the status line and the headers worth keeping")
	body := flag.String("body", "", "file for the body; standard output when empty")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: rawget [flags] PATH")
	}

	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AppendCertsFromPEM(must(os.ReadFile(*ca)))
	if *cert != "" {
		config.Certificates = []tls.Certificate{must(tls.LoadX509KeyPair(*cert, *key))}
	}
	client := &http.Client{
		Timeout:   30 * time.Second,
		Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true, DisableCompression: true},
	}

	request := must(http.NewRequest(http.MethodGet, *server+flag.Arg(0), nil))
	request.Header.Set("Accept", *accept)
	request.Header.Set("User-Agent", *agent)
	if *etag != "" {
		request.Header.Set("If-None-Match", *etag)
	}
	if *tokenFile != "" {
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(must(os.ReadFile(*tokenFile)))))
	}
	response := must(client.Do(request))
	defer response.Body.Close()

	out := os.Stdout
	if *body != "" {
		out = must(os.Create(*body))
	}
	must(io.Copy(out, response.Body))
	check(out.Close())
	if *head != "" {
		check(os.WriteFile(*head, []byte(headerBlock(response)), 0o644))
	}
}

func headerBlock(response *http.Response) string {
	var block strings.Builder
	fmt.Fprintf(&block, "%s %s\n", response.Proto, response.Status)
	for _, name := range kept {
		for _, value := range response.Header.Values(name) {
			fmt.Fprintf(&block, "%s: %s\n", name, value)
		}
	}
	return block.String()
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
