// Command benchpeer does with client-go what the benchmark of discovery measures. It is told what to do on standard
// input and answers each line with one line, so that a driver can take turns between it and the program that does the
// same with libkube (bench/cached):
//
//	run JOB N          N times; "ok" and each time's figure
//	show JOB FILE      once; the answer's lines go to FILE, for comparison
package main

import (
	"bufio"
	"flag"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("benchpeer: ")
	server := flag.String("server", "", "base URL")
	pki := flag.String("pki", "", "folder of ca.crt, admin.crt and admin.key")
	work := flag.String("work", "", "folder for caches")
	flag.Parse()

	b := newBench(*server, *pki, *work)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		reply, err := b.command(strings.Fields(lines.Text()))
		if err != nil {
			reply = "failed: " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(reply)
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}

func (b *bench) command(words []string) (string, error) {
	if len(words) != 3 {
		return "", fmt.Errorf("not a command: %q", words)
	}
	job, ok := jobs[words[1]]
	switch {
	case !ok:
		return "", fmt.Errorf("no such job: %s", words[1])
	case words[0] == "show":
		return "ok", b.show(job, words[2])
	case words[0] == "run":
		n, err := strconv.Atoi(words[2])
		if err != nil {
			return "", err
		}
		return b.run(job, n)
	}
	return "", fmt.Errorf("not a command: %q", words)
}

func (b *bench) run(j job, n int) (string, error) {
	reply := "ok"
	for range n {
		_, figure, err := j(b)
		if err != nil {
			return "", err
		}
		reply += " " + strconv.FormatFloat(figure, 'f', 1, 64)
	}
	return reply, nil
}

func (b *bench) show(j job, path string) error {
	a, _, err := j(b)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(a.lines()), 0o600)
}
