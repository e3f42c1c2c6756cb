#!/bin/sh
# Makes libraries.min.js and libraries.min.css from the versions that package-lock.json pins. Needs npm; building and running PluginLens does not.
set -eu
cd "$(dirname "$0")"
npm ci --no-audit --no-fund
npx esbuild libraries.js --bundle --minify --format=iife --target=es2022 --legal-comments=none --define:process.env.NODE_ENV='"production"' --outfile=libraries.min.js
rm -rf node_modules
ls -l libraries.min.js libraries.min.css
