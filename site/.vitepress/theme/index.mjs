// The reader's own fonts: nothing to load, and half the size of the site.
import DefaultTheme from "vitepress/theme-without-fonts";
import "./style.css";

export default DefaultTheme;
