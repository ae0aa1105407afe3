import theme from 'vitepress/theme-without-fonts';
import './layout.css';
import './pictures.css';

export default theme;
